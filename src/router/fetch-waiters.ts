import { PARTITION_STATUS } from "../io/partition-state.ts";
import { DeadlineQueue, NOT_QUEUED } from "./deadline-queue.ts";
import type { PartitionHandle, WatermarkWaiter } from "./types.ts";

/** Long polls that may wait at once; one more is answered at once, as if its deadline had passed. */
export const FETCH_WAITERS_MAX = 65_536;

/**
 * Fetches that wait for bytes below the high watermark. They look at the published states only; a worker is asked, by
 * a flag in shared memory, to say when a watermark moves, and is never woken for it. One timer serves all deadlines.
 * Main thread.
 */
export class FetchWaiters {
  readonly #byPartition = new Map<PartitionHandle, Set<WatermarkWaiter>>();
  readonly #deadlines = new DeadlineQueue<WatermarkWaiter>((waiter) => {
    this.#remove(waiter);
    waiter.waitEnded();
  });

  /** Whether it waits now: then `waitEnded` is called once, unless {@link remove} comes before it. */
  add(waiter: WatermarkWaiter, waitMsMax: number): boolean {
    if (waitMsMax <= 0 || this.#deadlines.size >= FETCH_WAITERS_MAX) return false;
    for (const handle of waiter.handles) {
      const waiters = this.#byPartition.get(handle);
      if (waiters === undefined) this.#byPartition.set(handle, new Set([waiter]));
      else waiters.add(waiter);
      handle.state.requestWatermarkEvent();
    }
    // Asked first, looked second: a watermark that moves in between is either seen here or announced.
    if (isSatisfied(waiter)) {
      this.#remove(waiter);
      return false;
    }
    this.#deadlines.add(waiter, waitMsMax);
    return true;
  }

  /** It waits no longer and is not told so. Nothing happens if it does not wait. */
  remove(waiter: WatermarkWaiter): void {
    this.#deadlines.remove(waiter);
    this.#remove(waiter);
  }

  /** A partition's watermark moved or its status changed. */
  partitionChanged(handle: PartitionHandle): void {
    const waiters = this.#byPartition.get(handle);
    if (waiters === undefined) return;
    handle.state.requestWatermarkEvent();
    for (const waiter of [...waiters]) {
      // Who ended before may have ended this one: a connection that closes ends all its waits at once.
      if (waiter.deadlineAt === NOT_QUEUED || !isSatisfied(waiter)) continue;
      this.remove(waiter);
      waiter.waitEnded();
    }
  }

  get count(): number {
    return this.#deadlines.size;
  }

  #remove(waiter: WatermarkWaiter): void {
    for (const handle of waiter.handles) {
      const waiters = this.#byPartition.get(handle);
      waiters?.delete(waiter);
      if (waiters?.size === 0) this.#byPartition.delete(handle);
    }
  }
}

/** Bytes of the log that lie below the high watermarks of these partitions. */
export function watermarkBytes(handles: readonly PartitionHandle[]): number {
  let bytes = 0;
  for (const { state } of handles) bytes += state.highWatermarkBytes();
  return bytes;
}

function isSatisfied({ handles, bytesAwaited }: WatermarkWaiter): boolean {
  for (const { state } of handles) if (state.status() !== PARTITION_STATUS.ONLINE) return true;
  return watermarkBytes(handles) >= bytesAwaited;
}
