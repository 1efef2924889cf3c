import { setTimeout as sleep } from "node:timers/promises";
import type { ServerProcess } from "./server-process.ts";

/** Recovery of a large data set after a kill is part of a start. */
const START_MS_MAX = 10 * 60_000;
/** The next try comes after this share of the time that has passed: the error of the figure stays below it. */
const POLL_SHARE = 0.01;
const POLL_MS_MIN = 1;
const POLL_MS_MAX = 20;

/**
 * Milliseconds from the start of a process to its first answer. `ask` rejects while there is none. Ends the process and
 * rejects with what it printed when it ended early or never answered.
 */
export async function firstAnswerMs(server: ServerProcess, ask: () => Promise<void>): Promise<number> {
  let lastError: unknown = null;
  for (;;) {
    try {
      await ask();
      return performance.now() - server.startedMs;
    } catch (error) {
      lastError = error;
    }
    const passedMs = performance.now() - server.startedMs;
    if (server.hasEnded) throw new Error(`the process ended before it answered:\n${server.output}`);
    if (passedMs > START_MS_MAX) {
      await server.kill();
      throw new Error(`no answer in ${START_MS_MAX / 1000} s (${lastError}):\n${server.output}`);
    }
    await sleep(Math.min(POLL_MS_MAX, Math.max(POLL_MS_MIN, passedMs * POLL_SHARE)));
  }
}
