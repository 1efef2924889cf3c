import { join } from "node:path";
import { CliError, ExitCode } from "../../src/cli/cli-error.ts";
import type { CliIo } from "../../src/cli/cli-io.ts";
import { formatTable } from "../../src/cli/tables.ts";
import { readResults } from "../report/read-results.ts";
import { comparisonText } from "./comparison-table.ts";
import { messageOf } from "./measure.ts";
import { parseOptions, type SuiteOptions } from "./options.ts";
import { duration } from "./progress.ts";
import type { Results } from "./results.ts";
import { runSuite, type Suite } from "./run.ts";
import { expectedSecondsOfAll } from "./schedule.ts";
import { summaryTables } from "./summary-table.ts";
import type { Workload } from "./workload.ts";

/** As shells say it for SIGINT. */
const INTERRUPTED = 130;

/** Runs one command line and returns its exit code: 0, 1 when something failed, 2 for a usage error, 130 after Ctrl-C. */
export async function runBench(words: readonly string[], io: CliIo, suite: Suite): Promise<number> {
  try {
    const options = parseOptions(words, io);
    if (options === null) return ExitCode.OK;
    if (options.isList) {
      io.stdout.write(listOf(io, suite.workloads, options));
      return ExitCode.OK;
    }
    const before = options.compare === null ? null : resultsOf(options.compare);
    if (before !== null && options.with !== null) {
      io.stdout.write(comparisonText(io, before, resultsOf(options.with)));
      return ExitCode.OK;
    }
    return await measure(options, before, words, io, suite);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    io.stderr.write(`bench: ${error.message}\n`);
    return error.exitCode;
  }
}

async function measure(
  options: SuiteOptions,
  before: Results | null,
  words: readonly string[],
  io: CliIo,
  suite: Suite,
): Promise<number> {
  const { results, out } = await runSuite(options, words, io, suite);
  io.stdout.write(`${summaryTables(io, results)}\n`);
  if (before !== null) io.stdout.write(`${comparisonText(io, before, results)}\n`);
  io.stdout.write(`${join(out, "report.html")}\n${join(out, "results.json")}\n`);
  if (!results.isComplete) {
    io.stderr.write("bench: interrupted; the report has what was measured until then\n");
    return INTERRUPTED;
  }
  const hasFailed = results.workloads.some(
    ({ failures, controlFailures = [] }) => failures.length + controlFailures.length > 0,
  );
  return hasFailed ? ExitCode.FAILED : ExitCode.OK;
}

/** Throws a `CliError` for a file that is not there or not of this suite. */
function resultsOf(path: string): Results {
  try {
    return readResults(path);
  } catch (error) {
    throw new CliError(`${messageOf(error)}; give the results.json of an earlier run`);
  }
}

function listOf(io: CliIo, workloads: readonly Workload[], timing: SuiteOptions): string {
  const rows = workloads.map((workload) => {
    const { name, isShort, systems, acknowledged, roundsMax } = workload;
    const planned = { workload, systems: systems.slice(0, 1), rounds: 1 };
    const round = duration(expectedSecondsOfAll([planned], timing));
    const rounds = roundsMax === undefined ? "" : `${roundsMax}`;
    return [name, isShort ? "short" : "", acknowledged, systems.join(" "), round, rounds];
  });
  return formatTable(
    io,
    ["workload", "suite", "acknowledged", "runs on", "a round of Odradek", "rounds"],
    rows,
  );
}
