import type { CliStream } from "./cli/cli-io.ts";

/** One for each sync that may be in flight: the most that `partition.workers.max` allows. Started as they are needed. */
const POOL_THREADS_MAX = 1024;

// First of all, and by `require`: loading a module in any other way starts the pool at its default size.
const { raiseThreadPoolSize } = require("./io/environment.ts") as typeof import("./io/environment.ts");
raiseThreadPoolSize(POOL_THREADS_MAX);
const { runCli } = await import("./cli/program.ts");

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
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
// Exits although something may still be open: an input that nobody reads any more must not keep the process.
process.exit(exitCode);

/** Resolves when everything written so far is with the system, or nobody reads it. */
function flushed(stream: CliStream & { write(data: string, done: () => void): boolean }): Promise<void> {
  return new Promise((resolve) => stream.write("", () => resolve()));
}
