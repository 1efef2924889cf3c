import { InvalidArgumentError } from "commander";

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "0": "\0", "\\": "\\" };

/** Undoes `\n`, `\t`, `\r`, `\0`, `\\` and `\xNN`, which shells pass on as they are. For option values. */
export function unescapeArgument(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{2}|[\s\S]?)/g, (all, escaped: string) => {
    if (escaped.length === 3) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    const character = ESCAPES[escaped];
    if (character === undefined) throw new InvalidArgumentError(`It holds the unknown escape '${all}'.`);
    return character;
  });
}
