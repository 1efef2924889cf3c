import { existsSync } from "node:fs";
import { stealMeter } from "./load/process-cpu.ts";
import { htmlReport } from "./report/html-report.ts";
import { runBench } from "./suite/command.ts";
import { killDescendants } from "./suite/descendants.ts";
import { freeBytesOfMachine } from "./suite/page-cache-filler.ts";
import { runControl } from "./suite/run-control.ts";
import { settle } from "./suite/settle.ts";
import { SYSTEMS } from "./systems/index.ts";
import { WORKLOADS } from "./workloads/index.ts";

/**
 * The suite's process. The first Ctrl-C ends the sample and leaves a report of what was measured; the second one leaves at
 * once. Either way, and on a crash, no process stays behind.
 */
const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (interruption.signal.aborted) process.exit(128 + (signal === "SIGINT" ? 2 : 15));
    interruption.abort(new Error("interrupted"));
    process.stderr.write("\nstopping and writing the report; once more to leave at once\n");
  });
}
process.on("exit", () => void killDescendants());

const exitCode = await runBench(
  process.argv.slice(2),
  { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: process.env },
  {
    ...{
      workloads: WORKLOADS,
      systems: SYSTEMS,
      htmlReport,
      runControl,
      settle,
      freeBytesNow: freeBytesOfMachine,
    },
    stealMeter: existsSync("/proc/stat") ? stealMeter : () => () => 0,
    signal: interruption.signal,
  },
);
process.exit(exitCode);
