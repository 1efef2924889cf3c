import type { Logger } from "../base/logger.ts";
import type { FileDescriptor } from "../base/units.ts";
import { closeDescriptor } from "../io/close-descriptor.ts";
import type { SpanPins } from "../io/span-pins.ts";

const SWEEP_INTERVAL_MS = 1_000;

/**
 * Files that a stopped worker left open because responses still pin them. Closing one early would let its number be
 * used again, and a response would carry another file's bytes. Main thread.
 */
export class OrphanedFiles {
  readonly #logger: Logger;
  #held: { pins: SpanPins; slot: number; fd: FileDescriptor }[] = [];
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Takes over the open files of a table whose worker is gone. */
  adopt(pins: SpanPins): void {
    for (const { slot, fd } of pins.openSlots()) this.#held.push({ pins, slot, fd });
    this.#sweep();
    if (this.#held.length > 0 && this.#timer === null) {
      this.#timer = setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS);
      this.#timer.unref();
    }
  }

  close(): void {
    this.#sweep();
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #sweep(): void {
    this.#held = this.#held.filter(({ pins, slot, fd }) => {
      if (pins.isPinned(slot)) return true;
      const problem = closeDescriptor(fd);
      if (problem !== null)
        this.#logger.warn("orphan-close-failed", "a leftover file did not close", { problem });
      return false;
    });
    if (this.#held.length === 0 && this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
  }
}
