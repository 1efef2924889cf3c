import type { CliError } from "./cli/cli-error.ts";
import type { CliStream } from "./cli/cli-io.ts";

/** One for each sync that may be in flight: the most that `partition.workers.max` allows. Started as they are needed. */
const POOL_THREADS_MAX = 1024;

// First of all, and by `require`: loading a module in any other way starts the pool at its default size.
const { raiseThreadPoolSize } = require("./io/environment.ts") as typeof import("./io/environment.ts");
raiseThreadPoolSize(POOL_THREADS_MAX);
const [{ runCli }, { ExitCode, outputFailed }] = await Promise.all([
  import("./cli/program.ts"),
  import("./cli/cli-error.ts"),
]);

/** Of a write that nobody waited for: commands with little to say write and go on. */
let outputFailure: NodeJS.ErrnoException | null = null;
process.stdout.on("error", (failure: NodeJS.ErrnoException) => {
  outputFailure ??= failure;
});

/** The process: its streams and signals, one command, its exit code. */
const exitCode = await runCli(
  process.argv.slice(2),
  { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: process.env },
  {
    on: (signal, handler) => process.on(signal, handler),
    off: (signal, handler) => process.off(signal, handler),
    exit: (code) => process.exit(code),
  },
);
await flushed(process.stdout);
// Bun tells of a failed write only after it has said that everything is written.
await new Promise((resolve) => setImmediate(resolve));
const lostOutput = exitCode === ExitCode.OK ? outputError(outputFailure) : null;
if (lostOutput !== null) process.stderr.write(`odradek: ${lostOutput.message}\n`);
await flushed(process.stderr);
// Exits although something may still be open: an input that nobody reads any more must not keep the process.
process.exit(lostOutput?.exitCode ?? exitCode);

/** `null`: all was written, or its reader went away, which is its right. */
function outputError(failure: NodeJS.ErrnoException | null): CliError | null {
  return failure === null || failure.code === "EPIPE" ? null : outputFailed(failure);
}

/** Resolves when everything written so far is with the system, or nobody reads it. */
function flushed(stream: CliStream & { write(data: string, done: () => void): boolean }): Promise<void> {
  return new Promise((resolve) => stream.write("", () => resolve()));
}
