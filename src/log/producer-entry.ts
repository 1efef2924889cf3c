import { assert } from "../base/assert.ts";

/** Batches remembered per producer: as many as a producer keeps in flight, so that any of them may be sent again. */
export const BATCHES_PER_PRODUCER = 5;
export const SEQUENCE_MAX = 0x7fff_ffff;
export const NO_SEQUENCE = -1;

const FIELDS = 5;
const FIRST_SEQUENCE = 0;
const LAST_SEQUENCE = 1;
const BASE_OFFSET = 2;
const LAST_OFFSET = 3;
const TIMESTAMP = 4;

/**
 * What is known of one idempotent producer: its epoch and its last batches, oldest overwritten first. Flat numbers in
 * one typed array, because there may be many producers. Worker thread; owned by `ProducerStates`.
 */
export class ProducerEntry {
  readonly producerId: number;
  producerEpoch: number;
  /** Of transactions: kept as they were read, -1 otherwise. */
  coordinatorEpoch = -1;
  currentTxnFirstOffset = -1;
  /** Wall clock of this broker: when the producer was last heard of. */
  lastUsedMs: number;
  /** Newest staged batch of this producer in `ProducerStates`, -1 if none. */
  stagedNewest = -1;
  /** Made by a staged batch: unknown again if that is rolled back. */
  isProvisional = false;
  readonly #batches = new Float64Array(BATCHES_PER_PRODUCER * FIELDS);
  #count = 0;
  #newest = 0;

  constructor(producerId: number, producerEpoch: number, lastUsedMs: number) {
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
    this.lastUsedMs = lastUsedMs;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** A batch of the entry's epoch. A new epoch starts with an empty memory. */
  add(
    producerEpoch: number,
    firstSequence: number,
    lastSequence: number,
    baseOffset: number,
    lastOffset: number,
    timestampMs: number,
  ): void {
    assert(producerEpoch >= this.producerEpoch, "a producer's epoch does not go back");
    if (producerEpoch > this.producerEpoch) this.#count = 0;
    this.producerEpoch = producerEpoch;
    this.isProvisional = false;
    this.#newest = (this.#newest + 1) % BATCHES_PER_PRODUCER;
    this.#count = Math.min(this.#count + 1, BATCHES_PER_PRODUCER);
    const at = this.#newest * FIELDS;
    this.#batches[at + FIRST_SEQUENCE] = firstSequence;
    this.#batches[at + LAST_SEQUENCE] = lastSequence;
    this.#batches[at + BASE_OFFSET] = baseOffset;
    this.#batches[at + LAST_OFFSET] = lastOffset;
    this.#batches[at + TIMESTAMP] = timestampMs;
  }

  /** Where in the memory the batch with these sequences is, for the two below; -1 if it is not remembered. */
  find(firstSequence: number, lastSequence: number): number {
    for (let age = 0; age < this.#count; age++) {
      const place = (this.#newest - age + BATCHES_PER_PRODUCER) % BATCHES_PER_PRODUCER;
      const isSame =
        this.#batches[place * FIELDS + FIRST_SEQUENCE] === firstSequence &&
        this.#batches[place * FIELDS + LAST_SEQUENCE] === lastSequence;
      if (isSame) return place;
    }
    return -1;
  }

  baseOffsetAt(place: number): number {
    return this.#batches[place * FIELDS + BASE_OFFSET]!;
  }

  timestampMsAt(place: number): number {
    return this.#batches[place * FIELDS + TIMESTAMP]!;
  }

  get lastSequence(): number {
    return this.isEmpty ? NO_SEQUENCE : this.#batches[this.#newest * FIELDS + LAST_SEQUENCE]!;
  }

  get lastOffset(): number {
    return this.isEmpty ? -1 : this.#batches[this.#newest * FIELDS + LAST_OFFSET]!;
  }

  /** Last minus base offset of the newest batch. */
  get lastOffsetDelta(): number {
    const at = this.#newest * FIELDS;
    return this.isEmpty ? 0 : this.#batches[at + LAST_OFFSET]! - this.#batches[at + BASE_OFFSET]!;
  }

  /** Of the newest batch; -1 if none. */
  get lastTimestampMs(): number {
    return this.isEmpty ? -1 : this.#batches[this.#newest * FIELDS + TIMESTAMP]!;
  }
}

/** `sequence + increment`, wrapping from the largest int32 to 0. */
export function sequenceAfter(sequence: number, increment: number): number {
  const sum = sequence + increment;
  return sum > SEQUENCE_MAX ? sum - SEQUENCE_MAX - 1 : sum;
}

/** `sequence - decrement`, wrapping from 0 to the largest int32. */
export function sequenceBefore(sequence: number, decrement: number): number {
  const difference = sequence - decrement;
  return difference < 0 ? difference + SEQUENCE_MAX + 1 : difference;
}
