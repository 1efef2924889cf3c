import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readResults } from "./read-results.ts";
import { readmeTable } from "./readme-table.ts";

const BEGIN = "<!-- bench:begin -->";
const END = "<!-- bench:end -->";

/** The text with all between the markers replaced. Throws when the markers are not there once each, in this order. */
export function withBenchTable(readme: string, table: string): string {
  const [beforeBegin, afterBegin, ...moreBegins] = readme.split(BEGIN);
  const [, afterEnd, ...moreEnds] = (afterBegin ?? "").split(END);
  const ends = readme.split(END).length - 1;
  if (afterBegin === undefined || afterEnd === undefined) {
    throw new Error(
      `the README has no place for the table; add these two lines where it belongs:\n${BEGIN}\n${END}`,
    );
  }
  if (moreBegins.length > 0 || moreEnds.length > 0 || ends > 1) {
    throw new Error(`the README has ${BEGIN} or ${END} more than once; keep one pair`);
  }
  return `${beforeBegin}${BEGIN}\n${table.trim()}\n${END}${afterEnd}`;
}

function main(args: readonly string[]): number {
  const [resultsPath, ...rest] = args;
  if (resultsPath === undefined || rest.length > 0) {
    console.error("Usage: bun bench/report/update-readme.ts results.json");
    return 2;
  }
  const readmePath = join(resolve(import.meta.dirname, "../.."), "README.md");
  try {
    const table = readmeTable(readResults(resultsPath));
    writeFileSync(readmePath, withBenchTable(readFileSync(readmePath, "utf8"), table));
    console.log(`${readmePath} has the figures of ${resultsPath}`);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
