/** The longest text of one field in a log line; the rest is cut, because a client may send any length. */
export const LOG_TEXT_CHARS_MAX = 1024;

/**
 * Text that may come from a client, made harmless for a terminal and for whoever reads logs line by line: control
 * characters, line separators and characters that reorder text become visible escapes. Pure.
 */
export function escapeText(text: string): string {
  const short = text.length > LOG_TEXT_CHARS_MAX ? `${text.slice(0, LOG_TEXT_CHARS_MAX)}…` : text;
  return short.toWellFormed().replace(UNSAFE, (character) => {
    const code = character.codePointAt(0)!;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/** Unicode's controls, invisible format characters (those that reorder text among them) and line separators. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
