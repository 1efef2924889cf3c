import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Results } from "../suite/results.ts";
import { htmlReport } from "./html-report.ts";
import { readResults } from "./read-results.ts";

/** Writes report.html beside a results file and gives its path. */
export function writeReport(resultsPath: string, results: Results = readResults(resultsPath)): string {
  const path = join(dirname(resultsPath), "report.html");
  writeFileSync(path, htmlReport(results));
  return path;
}

function main(args: readonly string[]): number {
  const [resultsPath, ...rest] = args;
  if (resultsPath === undefined || rest.length > 0) {
    console.error("Usage: bun bench/report/write-report.ts results.json");
    return 2;
  }
  try {
    console.log(writeReport(resultsPath));
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
