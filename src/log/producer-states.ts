import { ErrorCode } from "../protocol/error-codes.ts";
import { NO_SEQUENCE, ProducerEntry, sequenceAfter } from "./producer-entry.ts";

/** What {@link ProducerStates.check} answers beside an error: the batch is in the log already. */
export const DUPLICATE = "duplicate";
export type ProducerVerdict =
  | typeof DUPLICATE
  | typeof ErrorCode.NONE
  | typeof ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
  | typeof ErrorCode.INVALID_PRODUCER_EPOCH;

/** A batch that was checked and is not written yet. Reused; as many as one commit may stage. */
interface StagedBatch {
  entry: ProducerEntry;
  producerEpoch: number;
  firstSequence: number;
  lastSequence: number;
  baseOffset: number;
  lastOffset: number;
  timestampMs: number;
  /** The staged batch before it of the same producer, -1 if none. */
  previous: number;
}

/**
 * The idempotent producers of one partition: which sequences they have appended. A batch is checked and staged before
 * it is written, then committed or rolled back together with everything staged. At most `producersMax` producers are
 * remembered; the one idle longest is forgotten first, and an unknown producer may start with any sequence.
 * Worker thread.
 */
export class ProducerStates {
  /** In order of use: the first is idle longest. */
  readonly #entries = new Map<number, ProducerEntry>();
  readonly #producersMax: number;
  readonly #staged: StagedBatch[] = [];
  #stagedCount = 0;
  #newest: ProducerEntry | null = null;
  /** Of the batch that `check` called a duplicate, as it was appended. */
  duplicateBaseOffset = -1;
  duplicateTimestampMs = -1;

  constructor(producersMax: number) {
    this.#producersMax = producersMax;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Oldest use first: the order in which a snapshot lists them. */
  entries(): IterableIterator<ProducerEntry> {
    return this.#entries.values();
  }

  check(
    producerId: number,
    producerEpoch: number,
    firstSequence: number,
    lastSequence: number,
  ): ProducerVerdict {
    const entry = this.#entries.get(producerId);
    if (entry === undefined) return ErrorCode.NONE;
    const staged = entry.stagedNewest < 0 ? null : this.#staged[entry.stagedNewest]!;
    const epochNow = staged === null ? entry.producerEpoch : staged.producerEpoch;
    if (producerEpoch < epochNow) return ErrorCode.INVALID_PRODUCER_EPOCH;
    if (producerEpoch > epochNow) {
      return firstSequence === 0 ? ErrorCode.NONE : ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER;
    }
    if (this.#isDuplicate(entry, producerEpoch, firstSequence, lastSequence)) return DUPLICATE;
    const lastNow = staged === null ? entry.lastSequence : staged.lastSequence;
    const expected = lastNow === NO_SEQUENCE ? 0 : sequenceAfter(lastNow, 1);
    return firstSequence === expected ? ErrorCode.NONE : ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER;
  }

  /** A batch that `check` let pass. */
  stage(
    producerId: number,
    producerEpoch: number,
    firstSequence: number,
    lastSequence: number,
    baseOffset: number,
    lastOffset: number,
    timestampMs: number,
    nowMs: number,
  ): void {
    const entry = this.#entryOf(producerId, producerEpoch, nowMs);
    const batch = (this.#staged[this.#stagedCount] ??= emptyBatch(entry));
    batch.entry = entry;
    batch.producerEpoch = producerEpoch;
    batch.firstSequence = firstSequence;
    batch.lastSequence = lastSequence;
    batch.baseOffset = baseOffset;
    batch.lastOffset = lastOffset;
    batch.timestampMs = timestampMs;
    batch.previous = entry.stagedNewest;
    entry.stagedNewest = this.#stagedCount++;
  }

  /** Everything staged has been written. */
  commit(nowMs: number): void {
    for (let index = 0; index < this.#stagedCount; index++) {
      const batch = this.#staged[index]!;
      batch.entry.stagedNewest = -1;
      batch.entry.add(
        batch.producerEpoch,
        batch.firstSequence,
        batch.lastSequence,
        batch.baseOffset,
        batch.lastOffset,
        batch.timestampMs,
      );
      this.#touch(batch.entry, nowMs);
    }
    this.#stagedCount = 0;
    this.#evict();
  }

  /** Nothing staged has been written. */
  rollBack(): void {
    for (let index = 0; index < this.#stagedCount; index++) {
      const { entry } = this.#staged[index]!;
      entry.stagedNewest = -1;
      if (entry.isProvisional) this.#entries.delete(entry.producerId);
    }
    if (this.#newest !== null && !this.#entries.has(this.#newest.producerId)) this.#newest = null;
    this.#stagedCount = 0;
  }

  /** A batch read back from the log. */
  replay(
    producerId: number,
    producerEpoch: number,
    firstSequence: number,
    lastSequence: number,
    baseOffset: number,
    lastOffset: number,
    timestampMs: number,
    nowMs: number,
  ): void {
    const entry = this.#entryOf(producerId, producerEpoch, nowMs);
    if (producerEpoch < entry.producerEpoch) return;
    entry.add(producerEpoch, firstSequence, lastSequence, baseOffset, lastOffset, timestampMs);
    this.#touch(entry, nowMs);
    this.#evict();
  }

  /** An entry of a snapshot. */
  load(entry: ProducerEntry): void {
    this.#entries.set(entry.producerId, entry);
    this.#evict();
  }

  /** Forgets producers not heard of since `sinceMs`. Returns how many. Nothing is staged. */
  expire(sinceMs: number): number {
    let expired = 0;
    for (const entry of this.#entries.values()) {
      if (entry.lastUsedMs >= sinceMs) break;
      this.#forget(entry);
      expired++;
    }
    return expired;
  }

  #entryOf(producerId: number, producerEpoch: number, nowMs: number): ProducerEntry {
    let entry = this.#entries.get(producerId);
    if (entry === undefined) {
      entry = new ProducerEntry(producerId, producerEpoch, nowMs);
      entry.isProvisional = true;
      this.#entries.set(producerId, entry);
      this.#newest = entry;
    }
    return entry;
  }

  #isDuplicate(
    entry: ProducerEntry,
    producerEpoch: number,
    firstSequence: number,
    lastSequence: number,
  ): boolean {
    for (let item = entry.stagedNewest; item >= 0; item = this.#staged[item]!.previous) {
      const batch = this.#staged[item]!;
      const isSame = batch.firstSequence === firstSequence && batch.lastSequence === lastSequence;
      if (!isSame || batch.producerEpoch !== producerEpoch) continue;
      this.duplicateBaseOffset = batch.baseOffset;
      this.duplicateTimestampMs = batch.timestampMs;
      return true;
    }
    const place = producerEpoch === entry.producerEpoch ? entry.find(firstSequence, lastSequence) : -1;
    if (place < 0) return false;
    this.duplicateBaseOffset = entry.baseOffsetAt(place);
    this.duplicateTimestampMs = entry.timestampMsAt(place);
    return true;
  }

  /** Moves the entry to the end of the order of use. */
  #touch(entry: ProducerEntry, nowMs: number): void {
    entry.lastUsedMs = nowMs;
    if (this.#newest === entry) return;
    this.#entries.delete(entry.producerId);
    this.#entries.set(entry.producerId, entry);
    this.#newest = entry;
  }

  #evict(): void {
    for (const entry of this.#entries.values()) {
      if (this.#entries.size <= this.#producersMax) return;
      this.#forget(entry);
    }
  }

  #forget(entry: ProducerEntry): void {
    this.#entries.delete(entry.producerId);
    if (this.#newest === entry) this.#newest = null;
  }
}

function emptyBatch(entry: ProducerEntry): StagedBatch {
  return {
    entry,
    producerEpoch: 0,
    firstSequence: 0,
    lastSequence: 0,
    baseOffset: 0,
    lastOffset: 0,
    timestampMs: 0,
    previous: -1,
  };
}
