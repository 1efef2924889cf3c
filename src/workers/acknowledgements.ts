import { assert } from "../base/assert.ts";
import { REQUESTS_IN_FLIGHT_MAX } from "../io/partition-messages.ts";

/** Numbers an entry has: request id, acks, base offset, last offset, log append time. */
const WIDTH = 5;

export type TakeAcknowledgement = (
  request: number,
  acks: number,
  baseOffset: number,
  lastOffset: number,
  logAppendTimeMs: number,
) => void;

/**
 * Appends that wait for their acknowledgement, oldest first. Room for every request that a link can have under way;
 * grows to that in doubling steps, because most partitions never need it. Worker thread.
 */
export class Acknowledgements {
  #entries = new Float64Array(16 * WIDTH);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(request: number, acks: number, baseOffset: number, lastOffset: number, logAppendTimeMs: number): void {
    if (this.#size * WIDTH === this.#entries.length) this.#grow();
    const at = this.#at(this.#size++);
    this.#entries[at] = request;
    this.#entries[at + 1] = acks;
    this.#entries[at + 2] = baseOffset;
    this.#entries[at + 3] = lastOffset;
    this.#entries[at + 4] = logAppendTimeMs;
  }

  /** Hands over and removes the oldest entries as long as their last offset is below `offset`. */
  takeBelow(offset: number, take: TakeAcknowledgement): void {
    while (this.#size > 0) {
      const at = this.#at(0);
      if (this.#entries[at + 3]! >= offset) return;
      this.#head = (this.#head + 1) % (this.#entries.length / WIDTH);
      this.#size--;
      take(
        this.#entries[at]!,
        this.#entries[at + 1]!,
        this.#entries[at + 2]!,
        this.#entries[at + 3]!,
        this.#entries[at + 4]!,
      );
    }
  }

  takeAll(take: TakeAcknowledgement): void {
    this.takeBelow(Number.POSITIVE_INFINITY, take);
  }

  #at(index: number): number {
    return ((this.#head + index) % (this.#entries.length / WIDTH)) * WIDTH;
  }

  #grow(): void {
    assert(this.#size < REQUESTS_IN_FLIGHT_MAX, "no more acknowledgements than requests under way");
    const larger = new Float64Array(this.#entries.length * 2);
    for (let index = 0; index < this.#size; index++) {
      const at = this.#at(index);
      larger.set(this.#entries.subarray(at, at + WIDTH), index * WIDTH);
    }
    this.#entries = larger;
    this.#head = 0;
  }
}
