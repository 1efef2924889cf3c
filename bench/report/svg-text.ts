import { assert } from "../../src/base/assert.ts";

/** Wider than the average letter of every common sans-serif at this size, as a share of the font size. */
const LETTER_WIDTH = 0.62;

/** SVG does not wrap: this breaks at `/`, `,` or spaces, inside a word where needed, and ends in … after `linesMax` lines. */
export function wrapText(text: string, widthPixels: number, fontPixels: number, linesMax: number): string[] {
  const lettersMax = Math.floor(widthPixels / (fontPixels * LETTER_WIDTH));
  assert(lettersMax >= 4 && linesMax >= 1, "a label needs room for at least four letters");
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=[/, ])/)) {
    if (line.length + word.trimEnd().length > lettersMax && line !== "") {
      lines.push(line.trimEnd());
      line = "";
    }
    line += word;
    while (line.trimEnd().length > lettersMax) {
      lines.push(line.slice(0, lettersMax));
      line = line.slice(lettersMax);
    }
  }
  if (line.trim() !== "" || lines.length === 0) lines.push(line.trimEnd());
  if (lines.length <= linesMax) return lines;
  const last = lines[linesMax - 1]!;
  return [...lines.slice(0, linesMax - 1), `${last.slice(0, lettersMax - 1)}…`];
}
