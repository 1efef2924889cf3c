import { PARTITION_STATUS } from "../io/partition-state.ts";
import type { PartitionHandle, WatermarkWait } from "./types.ts";

/** Long polls that may wait at once; one more is answered at once, as if its deadline had passed. */
export const FETCH_WAITERS_MAX = 65_536;
/** Timers beyond this become 1 ms: clamp. */
const TIMER_MS_MAX = 2 ** 31 - 1;

interface Waiter {
  readonly waits: readonly WatermarkWait[];
  readonly bytesNeeded: number;
  finish(): void;
}

/**
 * Fetches that wait for bytes below the high watermark. They look at the published states only; a worker is asked, by
 * a flag in shared memory, to say when a watermark moves, and is never woken for it. Main thread.
 */
export class FetchWaiters {
  readonly #byPartition = new Map<PartitionHandle, Set<Waiter>>();
  #count = 0;

  wait(
    waits: readonly WatermarkWait[],
    bytesNeeded: number,
    waitMsMax: number,
    signal: AbortSignal,
  ): Promise<void> {
    if (waitMsMax <= 0 || signal.aborted || this.#count >= FETCH_WAITERS_MAX) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter: Waiter = {
        waits,
        bytesNeeded,
        finish: () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", waiter.finish);
          this.#remove(waiter);
          resolve();
        },
      };
      const timer = setTimeout(waiter.finish, Math.min(waitMsMax, TIMER_MS_MAX));
      signal.addEventListener("abort", waiter.finish);
      this.#add(waiter);
      // Ask first, look second: a watermark that moves in between is either seen here or announced.
      if (isSatisfied(waiter)) waiter.finish();
    });
  }

  /** A partition's watermark moved or its status changed. */
  partitionChanged(handle: PartitionHandle): void {
    const waiters = this.#byPartition.get(handle);
    if (waiters === undefined) return;
    handle.state.requestWatermarkEvent();
    for (const waiter of [...waiters]) if (isSatisfied(waiter)) waiter.finish();
  }

  get count(): number {
    return this.#count;
  }

  #add(waiter: Waiter): void {
    this.#count++;
    for (const { handle } of waiter.waits) {
      const waiters = this.#byPartition.get(handle);
      if (waiters === undefined) this.#byPartition.set(handle, new Set([waiter]));
      else waiters.add(waiter);
      handle.state.requestWatermarkEvent();
    }
  }

  #remove(waiter: Waiter): void {
    this.#count--;
    for (const { handle } of waiter.waits) {
      const waiters = this.#byPartition.get(handle);
      waiters?.delete(waiter);
      if (waiters?.size === 0) this.#byPartition.delete(handle);
    }
  }
}

function isSatisfied(waiter: Waiter): boolean {
  let grown = 0;
  for (const { handle, seenBytes } of waiter.waits) {
    if (handle.state.status() !== PARTITION_STATUS.ONLINE) return true;
    grown += handle.state.highWatermarkBytes() - seenBytes;
  }
  return grown >= waiter.bytesNeeded;
}
