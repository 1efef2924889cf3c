/**
 * Java's `.properties` text: what Kafka's `server.properties` and `meta.properties` are written in. Pure.
 *
 *     line      := blank | comment | entry
 *     comment   := ("#" | "!") text
 *     entry     := key (("=" | ":") | whitespace) value      a trailing odd "\" joins the next line
 *     escapes   := \t \n \r \f \\ \= \: \# \! "\ " \uXXXX
 */
export interface PropertiesEntry {
  readonly key: string;
  readonly value: string;
  /** 1-based line on which the entry starts. */
  readonly line: number;
}

/** Entries in the order of the text; a key may come twice, and then the last one counts. Never fails: any text is valid. */
export function parseProperties(text: string): PropertiesEntry[] {
  const entries: PropertiesEntry[] = [];
  const lines = text.split(/\r\n|\n|\r/);
  for (let at = 0; at < lines.length; at++) {
    const line = at + 1;
    let logical = lines[at]!.trimStart();
    if (logical === "" || logical.startsWith("#") || logical.startsWith("!")) continue;
    while (endsInOpenBackslash(logical) && at + 1 < lines.length) {
      logical = logical.slice(0, -1) + lines[++at]!.trimStart();
    }
    entries.push({ ...splitEntry(logical), line });
  }
  return entries;
}

/** One `key=value` line each, escaped so that {@link parseProperties} and Java read back the same. */
export function formatProperties(comment: string, entries: Iterable<readonly [string, string]>): string {
  let text = `#${comment}\n`;
  for (const [key, value] of entries) text += `${escapeKey(key)}=${escapeValue(value)}\n`;
  return text;
}

function endsInOpenBackslash(line: string): boolean {
  const backslashes = /\\*$/.exec(line)![0].length;
  return backslashes % 2 === 1;
}

function splitEntry(logical: string): { key: string; value: string } {
  const keyEnd = endOfKey(logical);
  const separator = /^[ \t\f]*[=:]?[ \t\f]*/.exec(logical.slice(keyEnd))![0];
  return {
    key: unescapeText(logical.slice(0, keyEnd)),
    value: unescapeText(logical.slice(keyEnd + separator.length)),
  };
}

function endOfKey(logical: string): number {
  for (let at = 0; at < logical.length; at++) {
    const character = logical[at]!;
    if (character === "\\") at++;
    else if ("=: \t\f".includes(character)) return at;
  }
  return logical.length;
}

function unescapeText(text: string): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|[\s\S]?)/g, (_, escaped: string) => {
    if (escaped.length === 5) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    return CONTROL_ESCAPES[escaped] ?? escaped;
  });
}

const CONTROL_ESCAPES: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" };

function escapeKey(key: string): string {
  return escapeValue(key).replace(/[=:# !]/g, (character) => `\\${character}`);
}

function escapeValue(value: string): string {
  return value
    .replace(/\\/g, "\\\\")
    .replace(/\t/g, "\\t")
    .replace(/\n/g, "\\n")
    .replace(/\r/g, "\\r")
    .replace(/\f/g, "\\f")
    .replace(/^ /, "\\ ")
    .replace(/[^\t\n\r\f -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
