import type { Clock } from "../base/clock.ts";
import type { SyncTicket } from "../log/partition-log.ts";

/** More than this waits for the disk in the background, while further batches are checked and written. */
const SHORT_SYNC_BYTES_MAX = 512 * 1024;
/** A disk that took longer the last time is not waited for on the thread. */
const SHORT_SYNC_MS_MAX = 1;

/**
 * Whether a partition's next sync is likely to be short. Then its thread waits for it in the call: the detour over the I/O
 * pool costs two wake-ups, 50 µs and more, a quarter of the broker's CPU time with small batches. The first sync runs in
 * the background, and so does each after a slow one: a disk that hangs holds up its partition's readers once.
 */
export class SyncPace {
  readonly #clock: Clock;
  #lastMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isShort({ fds, directories, activeBytes }: SyncTicket): boolean {
    const isPlain = fds.length === 1 && directories.length === 0;
    return isPlain && activeBytes <= SHORT_SYNC_BYTES_MAX && this.#lastMs <= SHORT_SYNC_MS_MAX;
  }

  /** A moment for {@link ended}. */
  now(): number {
    return this.#clock.monotonicMs();
  }

  ended(beganMs: number): void {
    this.#lastMs = this.#clock.monotonicMs() - beganMs;
  }
}
