import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Dirty pages of an earlier sample slow the next one: its writes are throttled and share the disk. */
export const SETTLED_BYTES_MAX = 30e6;
const WAIT_MS_MAX = 30_000;
const LOOK_EVERY_MS = 100;

export interface Settled {
  /** Still waiting for the disk when the wait ended. */
  readonly dirtyBytes: number;
  readonly waitedMs: number;
  /** The bound was hit: what follows was measured on an unsettled machine. */
  readonly isUnsettled: boolean;
}

/** Waits until the machine has almost nothing left to write back, at most for 30 s. Ends early when aborted. */
export async function settle(
  signal: AbortSignal,
  dirtyBytesNow: () => number = dirtyBytesOfMachine,
  waitMsMax = WAIT_MS_MAX,
): Promise<Settled> {
  const startedMs = performance.now();
  for (;;) {
    const dirtyBytes = dirtyBytesNow();
    const waitedMs = performance.now() - startedMs;
    if (dirtyBytes < SETTLED_BYTES_MAX) return { dirtyBytes, waitedMs, isUnsettled: false };
    if (waitedMs >= waitMsMax || signal.aborted) return { dirtyBytes, waitedMs, isUnsettled: true };
    await sleep(LOOK_EVERY_MS);
  }
}

/** Dirty and Writeback of /proc/meminfo; 0 where there is none. */
export function dirtyBytesOfMachine(): number {
  if (process.platform !== "linux") return 0;
  const meminfo = readFileSync("/proc/meminfo", "utf8");
  const kibibytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(meminfo)?.[1] ?? 0);
  return (kibibytes("Dirty") + kibibytes("Writeback")) * 1024;
}
