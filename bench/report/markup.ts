/** HTML or SVG that is safe to write as it stands. Only {@link markup} and {@link trusted} make one. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** `null`, `undefined` and `false` write nothing; a list writes its parts without a separator. */
export type MarkupValue = Markup | string | number | null | undefined | false | readonly MarkupValue[];

/** Template tag for HTML and SVG: every value that is not markup itself is escaped, in text and in quoted attributes. */
export function markup(strings: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  const parts = strings.map((text, index) => text + (index < values.length ? render(values[index]) : ""));
  return new Markup(parts.join(""));
}

/** For text of this program's own, such as the style sheet; never for anything that a result brought. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

export function escapeMarkup(text: string): string {
  return text
    .replace(/\p{Cc}/gu, (control) => (control === "\n" || control === "\t" ? control : "\ufffd"))
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** A coordinate or length for SVG, to a tenth of a pixel. */
export function px(value: number): number {
  return Math.round(value * 10) / 10;
}

function render(value: MarkupValue): string {
  if (value === null || value === undefined || value === false) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "object") return value.map(render).join("");
  return escapeMarkup(String(value));
}
