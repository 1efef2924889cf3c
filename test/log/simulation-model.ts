import type { SeededRandom } from "../support/seeded-random.ts";
import { batchOf } from "./log-harness.ts";

export interface ModelBatch {
  readonly bytes: Uint8Array;
  readonly records: number;
  readonly producerId: number;
  readonly baseSequence: number;
  /** Sent again on purpose. */
  readonly isRepeated: boolean;
}

export interface WrittenBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly producerId: number;
  readonly baseSequence: number;
  /** As stamped. */
  readonly bytes: Uint8Array;
}

/** What a log must hold: an array of batches, and everything that was ever written where. */
export class SimulationModel {
  /** Committed, in order; together they have no holes. */
  readonly batches: WrittenBatch[] = [];
  /** By base offset: all bytes that a crash may bring to light there. */
  readonly everWritten = new Map<number, Uint8Array[]>();
  recoveryPoint: number | null = null;
  logStartOffset = 0;
  readonly #producers: readonly number[];
  readonly #nextSequence = new Map<number, number>();
  readonly #last = new Map<number, ModelBatch>();
  #staged: WrittenBatch[] = [];

  constructor(producers: readonly number[]) {
    this.#producers = producers;
  }

  get endOffset(): number {
    const last = this.batches.at(-1);
    return last === undefined ? 0 : last.lastOffset + 1;
  }

  /** A new batch, of a plain or an idempotent producer, or its last one again. */
  nextBatch(random: SeededRandom, nowMs: number): ModelBatch {
    const producerId = random.oneIn(2) ? random.pick(this.#producers) : -1;
    const last = this.#last.get(producerId);
    if (last !== undefined && random.oneIn(6))
      return { ...last, bytes: last.bytes.slice(), isRepeated: true };
    const records = 1 + random.below(3);
    const timestamp = nowMs - random.below(50);
    const baseSequence = producerId < 0 ? -1 : (this.#nextSequence.get(producerId) ?? 0);
    const producer = producerId < 0 ? {} : { producerId, producerEpoch: 0, baseSequence };
    const bytes = batchOf(records, 80 + random.below(700), timestamp, producer);
    return { bytes, records, producerId, baseSequence, isRepeated: false };
  }

  staged(batch: ModelBatch, baseOffset: number, bytes: Uint8Array): void {
    const { producerId, baseSequence, records } = batch;
    this.#staged.push({ baseOffset, lastOffset: baseOffset + records - 1, producerId, baseSequence, bytes });
    const written = this.everWritten.get(baseOffset);
    if (written === undefined) this.everWritten.set(baseOffset, [bytes]);
    else written.push(bytes);
    if (producerId < 0) return;
    this.#nextSequence.set(producerId, baseSequence + records);
    this.#last.set(producerId, batch);
  }

  committed(): void {
    this.batches.push(...this.#staged);
    this.#staged = [];
  }

  /** Whether these bytes were ever written at this offset. */
  knows(baseOffset: number, bytes: Uint8Array): boolean {
    return this.everWritten.get(baseOffset)?.some((known) => Buffer.compare(known, bytes) === 0) ?? false;
  }
}
