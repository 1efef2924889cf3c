import type { FilePosition } from "../base/units.ts";
import type { SpanPins } from "../io/span-pins.ts";
import type { ColdRange } from "../log/partition-log.ts";
import type { DiskJobs } from "./disk-jobs.ts";

/** Of reading ahead, between two looks at whether somebody waits. */
const AHEAD_STEP_BYTES = 1024 * 1024;

/**
 * Reads what fetches ask for and the page cache does not hold, off the partition thread, which goes on appending. One
 * range after the other, in the order of the fetches, so that the thread keeps at most one of the pool's threads from
 * syncs; what waits is bounded by the requests under way. Then it reads ahead, until somebody waits. Worker thread.
 */
export class ColdReads {
  readonly #jobs: DiskJobs;
  readonly #pins: SpanPins;
  #last: Promise<void> = Promise.resolve();
  #awaited = 0;
  #unfinished = 0;
  #isStopping = false;

  constructor(jobs: DiskJobs, pins: SpanPins) {
    this.#jobs = jobs;
    this.#pins = pins;
  }

  /** Whether a fetch waits for a disk. */
  get isAwaited(): boolean {
    return this.#awaited > 0;
  }

  /** Whether anything is being read, if only ahead. */
  get isReading(): boolean {
    return this.#unfinished > 0;
  }

  /** Calls `done` with null or the system's error code. The slot is that of the range's descriptor. */
  read(range: ColdRange, slot: number, done: (errorCode: string | null) => void): void {
    this.#awaited++;
    this.#unfinished++;
    this.#pins.pin(slot);
    this.#last = this.#last.then(async () => {
      const errorCode = await this.#jobs.readThrough(range.fd, range.position, range.length);
      this.#awaited--;
      done(errorCode);
      if (errorCode === null) await this.#readAhead(range);
      this.#pins.unpin(slot);
      this.#unfinished--;
    });
  }

  /**
   * Resolves when nothing is being read any more: the pool writes into memory that goes with the thread. Nothing is read
   * ahead from here on; fetches that wait are still answered.
   */
  stop(): Promise<void> {
    this.#isStopping = true;
    return this.#last;
  }

  /** A failure is left to the fetch that needs the bytes. */
  async #readAhead({ fd, position, length, aheadBytes }: ColdRange): Promise<void> {
    for (let done = 0; done < aheadBytes && !this.isAwaited && !this.#isStopping; done += AHEAD_STEP_BYTES) {
      const from = (position + length + done) as FilePosition;
      if ((await this.#jobs.readThrough(fd, from, AHEAD_STEP_BYTES)) !== null) return;
    }
  }
}
