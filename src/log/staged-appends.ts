import { assert } from "../base/assert.ts";

/** Batches that one commit may hold. */
export const STAGED_BATCHES_MAX = 512;

const FIELDS = 4;
const AT = 0;
const LENGTH = 1;
const LAST_OFFSET = 2;
const MAX_TIMESTAMP = 3;
const FIRST_CAPACITY = 4;

/**
 * Batches that are accepted and not written yet: where they lie in the memory they came in. Grows to what one commit of
 * this partition has held, at most {@link STAGED_BATCHES_MAX}. Worker thread.
 */
export class StagedAppends {
  count = 0;
  /** Bytes of all. */
  byteLength = 0;
  #fields = new Float64Array(FIRST_CAPACITY * FIELDS);
  readonly #sources: (Uint8Array | null)[] = [];

  get isFull(): boolean {
    return this.count === STAGED_BATCHES_MAX;
  }

  push(source: Uint8Array, at: number, length: number, lastOffset: number, maxTimestampMs: number): void {
    assert(!this.isFull, "no more batches are staged than a commit may hold");
    if (this.count * FIELDS === this.#fields.length) {
      const larger = new Float64Array(this.#fields.length * 2);
      larger.set(this.#fields);
      this.#fields = larger;
    }
    const field = this.count * FIELDS;
    this.#fields[field + AT] = at;
    this.#fields[field + LENGTH] = length;
    this.#fields[field + LAST_OFFSET] = lastOffset;
    this.#fields[field + MAX_TIMESTAMP] = maxTimestampMs;
    this.#sources[this.count++] = source;
    this.byteLength += length;
  }

  clear(): void {
    for (let item = 0; item < this.count; item++) this.#sources[item] = null;
    this.count = 0;
    this.byteLength = 0;
  }

  /** The item behind the last one that lies back to back with `first` and those between. */
  runEnd(first: number): number {
    let end = first + 1;
    while (
      end < this.count &&
      this.#sources[end] === this.#sources[first] &&
      this.at(end) === this.at(end - 1) + this.length(end - 1)
    ) {
      end++;
    }
    return end;
  }

  runLength(first: number, end: number): number {
    return this.at(end - 1) + this.length(end - 1) - this.at(first);
  }

  source(item: number): Uint8Array {
    return this.#sources[item]!;
  }

  at(item: number): number {
    return this.#fields[item * FIELDS + AT]!;
  }

  length(item: number): number {
    return this.#fields[item * FIELDS + LENGTH]!;
  }

  lastOffset(item: number): number {
    return this.#fields[item * FIELDS + LAST_OFFSET]!;
  }

  maxTimestampMs(item: number): number {
    return this.#fields[item * FIELDS + MAX_TIMESTAMP]!;
  }
}
