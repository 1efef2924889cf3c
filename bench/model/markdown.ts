/** A Markdown table; the first column is text, the others numbers unless told. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  textColumns = 1,
): string {
  const alignment = header.map((_, index) => (index < textColumns ? "---" : "--:"));
  return [header, alignment, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Two or three significant digits: `0.42`, `5.1`, `12`, `1,044`. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en-US");
  if (size >= 10) return value.toFixed(0);
  if (size >= 1) return value.toFixed(1);
  return value === 0 ? "0" : value.toFixed(2);
}

/** With its sign: `+12 %`. */
export function signedPercent(share: number): string {
  return `${share >= 0 ? "+" : "−"}${Math.abs(share * 100).toFixed(0)} %`;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
