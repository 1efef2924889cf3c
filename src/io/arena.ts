import { assert } from "../base/assert.ts";

/**
 * Hands out contiguous pieces of an {@link ArenaMemory}; they are given back oldest first. Main thread. Pieces follow
 * each other without gaps, so that batches of one run can be written by one call; where the end is too short for a
 * piece, the rest of it stays unused until everything before it is released.
 *
 * An arena that becomes empty starts again at 0: under light load the same few pages are used, and stay in the cache.
 */
export class Arena {
  readonly capacityBytes: number;
  /** Where the next piece starts, if the rest is long enough for it. */
  #next = 0;
  /** Both count bytes since the beginning, unused ends included, and never go back past a release. */
  #reserved = 0;
  #released = 0;
  /** State before the newest reservation; -1 where that can no longer be taken back. */
  #nextBefore = -1;
  #reservedBefore = -1;

  constructor(capacityBytes: number) {
    assert(capacityBytes > 0, "an arena has memory");
    this.capacityBytes = capacityBytes;
  }

  /** Position of `length` contiguous bytes, or -1 while there is no room for them. */
  reserve(length: number): number {
    assert(length > 0 && length <= this.capacityBytes, "a reservation fits the arena");
    const bytesToEnd = this.capacityBytes - this.#next;
    const skipped = length > bytesToEnd ? bytesToEnd : 0;
    if (this.usedBytes + skipped + length > this.capacityBytes) return -1;

    const position = skipped > 0 ? 0 : this.#next;
    this.#nextBefore = this.#next;
    this.#reservedBefore = this.#reserved;
    this.#next = position + length;
    this.#reserved += skipped + length;
    return position;
  }

  /** Stands for the newest reservation and all before it; see {@link releaseThrough}. Grows with each reservation. */
  get token(): number {
    return this.#reserved;
  }

  /** Frees the reservation that had this token, and all before it. A token that is already released changes nothing. */
  releaseThrough(token: number): void {
    assert(token <= this.#reserved, "only what was reserved is released");
    if (token <= this.#released) return;
    this.#released = token;
    this.#reservedBefore = -1;
    if (this.usedBytes === 0) this.#next = 0;
  }

  /** Takes the newest reservation back, directly after it was made (say, the ring had no room for its message). */
  cancel(): void {
    assert(this.#reservedBefore >= this.#released, "only the newest reservation can be taken back");
    this.#reserved = this.#reservedBefore;
    this.#next = this.#nextBefore;
    this.#reservedBefore = -1;
  }

  /** Bytes held, unused ends included. */
  get usedBytes(): number {
    return this.#reserved - this.#released;
  }
}
