import { readdirSync, readFileSync } from "node:fs";
import { libc } from "./libc.ts";

const POOL_SIZE_VARIABLE = "UV_THREADPOOL_SIZE";
/** How Bun names the threads of its pool. */
const POOL_THREAD_NAME = /^Bun Pool/;

/**
 * `raised`: the pool will have the wished size. `operator`: the variable was set already, and stays as it is.
 * `too-late`: the pool runs with its default size. `unavailable`: not possible on this system.
 */
export type ThreadPoolRaise = "raised" | "operator" | "too-late" | "unavailable";

/**
 * Sizes Bun's I/O pool, which runs the background syncs. By default it has as many threads as there are processors,
 * so on a small machine two slow disk calls would hold up every partition.
 *
 * Bun reads the size when the pool is first used, and from the C environment, which assigning to `process.env` does
 * not reach. Loading a module by `import` is such a use already. So this comes first in the process, in an entry file
 * that has no static imports of files, by `require`, which loads on the calling thread:
 *
 * ```ts
 * const { raiseThreadPoolSize } = require("./io/environment.ts") as typeof import("./io/environment.ts");
 * raiseThreadPoolSize(64);
 * await import("./cli/main.ts");
 * ```
 */
export function raiseThreadPoolSize(threads: number): ThreadPoolRaise {
  const native = libc();
  if (native === null) return "unavailable";
  if (process.env[POOL_SIZE_VARIABLE] !== undefined) return "operator";
  if (poolRuns()) return "too-late";
  const failed = native.setenv(cString(POOL_SIZE_VARIABLE), cString(String(threads)), 0) !== 0;
  return failed ? "unavailable" : "raised";
}

function poolRuns(): boolean {
  return readdirSync("/proc/self/task").some((task) => POOL_THREAD_NAME.test(threadName(task)));
}

function threadName(task: string): string {
  try {
    return readFileSync(`/proc/self/task/${task}/comm`, "latin1");
  } catch {
    return ""; // a thread that has ended since it was listed
  }
}

function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}
