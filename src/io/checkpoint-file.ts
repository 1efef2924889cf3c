import { fail, ok, type Result } from "../base/result.ts";

/**
 * Kafka's text format of checkpoints (`recovery-point-offset-checkpoint`, `log-start-offset-checkpoint`,
 * `leader-epoch-checkpoint`), without any I/O:
 *
 * ```
 *   0              version
 *   2              number of entries
 *   topic 0 1234   one entry per line, words separated by single spaces
 *   topic 1 99
 * ```
 * The count lets a reader see that the file was cut short. (Source: Kafka's CheckpointFile.java.)
 */
export const CHECKPOINT_VERSION = 0;
/** More entries than a broker can have partitions, or a log epochs: a larger count means a damaged file. */
export const CHECKPOINT_ENTRIES_MAX = 10_000_000;

const DECIMAL = /^(0|[1-9][0-9]{0,8})$/;

/** One file's text; an entry is the list of its words. */
export function formatCheckpoint(entries: readonly (readonly (string | number)[])[]): string {
  const lines = entries.map((words) => `${words.join(" ")}\n`);
  return `${CHECKPOINT_VERSION}\n${entries.length}\n${lines.join("")}`;
}

/** The entries of one file, each with exactly `wordsPerEntry` words; the error says what is wrong with the text. */
export function parseCheckpoint(text: string, wordsPerEntry: number): Result<string[][], string> {
  const lines = text.split("\n");
  if (lines.pop() !== "") return fail("its last line is cut short");
  const [version, count, ...rest] = lines;
  if (version === undefined || count === undefined) return fail("it ends before the number of entries");
  if (version !== String(CHECKPOINT_VERSION)) return fail(`version ${JSON.stringify(version)} is not known`);
  if (!DECIMAL.test(count) || Number(count) > CHECKPOINT_ENTRIES_MAX) {
    return fail(`${JSON.stringify(count)} is no number of entries`);
  }
  if (rest.length !== Number(count)) return fail(`it has ${rest.length} entries instead of ${count}`);

  const entries: string[][] = [];
  for (const line of rest) {
    const words = line.split(" ");
    if (words.length !== wordsPerEntry || words.includes("")) {
      return fail(`entry ${JSON.stringify(line)} does not have ${wordsPerEntry} words`);
    }
    entries.push(words);
  }
  return ok(entries);
}
