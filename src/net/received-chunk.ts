import { assert } from "../base/assert.ts";
import type { FrameMemory } from "./frame.ts";

/**
 * What one `data` event brought, and the frames that are views of it. Bun allocates each chunk anew; left to the
 * garbage collector, megabytes of them grow cold, go back to the kernel and come again as page faults. So the memory is
 * freed as soon as every byte is cut and every frame in it is released. Views that are still around then are detached:
 * they have length 0. Frames that are never released leave the chunk to the garbage collector. Main thread.
 */
export class ReceivedChunk implements FrameMemory {
  readonly bytes: Uint8Array;
  #views = 0;
  #isCut = false;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** A frame is a view of this chunk from now on. */
  lend(): this {
    assert(!this.#isCut, "no frame is cut from a chunk that is used up");
    this.#views++;
    return this;
  }

  giveBack(): void {
    assert(this.#views > 0, "a frame is given back to the chunk that lent it");
    this.#views--;
    this.#freeIfUnused();
  }

  /** Every byte is cut: the cutter does not look at the chunk again. */
  markCut(): void {
    this.#isCut = true;
    this.#freeIfUnused();
  }

  #freeIfUnused(): void {
    if (this.#isCut && this.#views === 0) freeMemory(this.bytes);
  }
}

/** Smaller ones are cheaper to collect than to detach; the smallest live inside the heap. */
const FREED_BYTES_MIN = 16 * 1024;

/** Frees what `bytes` views, if that is all of one buffer: all its views have length 0 afterwards. */
export function freeMemory(bytes: Uint8Array): void {
  const { byteLength } = bytes;
  if (byteLength < FREED_BYTES_MIN) return;
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
