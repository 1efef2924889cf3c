import { assert } from "../base/assert.ts";

/**
 * What a partition publishes to other threads: one block of shared memory per partition. One writer (the worker that
 * owns the partition); any number of readers, which never wait for it.
 *
 * ```
 *      0  version          i32  counts publishes; the fields are in copy (version & 1)
 *      4  status           i32  of PARTITION_STATUS; any thread may store it
 *      8  watermarkRequest i32  1: somebody waits for the high watermark to move
 *     64  copy 0           six numbers as (low i32, high i32), then leaderEpoch i32
 *    128  copy 1           the same
 * ```
 * A latched sequence lock: the writer fills the copy that nobody is told to read and then moves the version; a reader
 * takes its copy and checks that the version has not moved meanwhile. Unlike with a single copy and an odd version, a
 * writer that is descheduled in the middle holds up no reader. Numbers lie there as two atomic words because only
 * atomics are ordered between threads by the language; a `Float64Array` may tear and be reordered.
 */
export const PARTITION_STATE_BYTES = 256;

const VERSION = 0;
const STATUS = 1;
const WATERMARK_REQUEST = 2;
const FIRST_COPY = 64 >> 2;
const COPY_WORDS = 64 >> 2;

const LOG_START_OFFSET = 0;
const HIGH_WATERMARK = 2;
const LAST_STABLE_OFFSET = 4;
const END_OFFSET = 6;
const SYNCED_OFFSET = 8;
const HIGH_WATERMARK_BYTES = 10;
const LEADER_EPOCH = 12;

export const PARTITION_STATUS = { OPENING: 0, ONLINE: 1, OFFLINE: 2, DELETED: 3 } as const;
export type PartitionStatus = (typeof PARTITION_STATUS)[keyof typeof PARTITION_STATUS];

/** What no worker has published yet. */
const UNKNOWN_FIELD = -1;

export interface PartitionStateFields {
  logStartOffset: number;
  highWatermark: number;
  lastStableOffset: number;
  endOffset: number;
  syncedOffset: number;
  /** Log bytes below the high watermark; only its growth has a meaning. */
  highWatermarkBytes: number;
  leaderEpoch: number;
  status: PartitionStatus;
}

export class PartitionState {
  readonly #words: Int32Array;

  /** `blockAt`: byte offset of the block in `memory`, a multiple of {@link PARTITION_STATE_BYTES}. */
  constructor(memory: SharedArrayBuffer, blockAt: number) {
    assert(blockAt % PARTITION_STATE_BYTES === 0, "a partition state block is aligned");
    this.#words = new Int32Array(memory, blockAt, PARTITION_STATE_BYTES >> 2);
  }

  /** Writer thread only. All fields change at once for every reader; the status follows them. */
  publish(fields: Readonly<PartitionStateFields>): void {
    const version = (Atomics.load(this.#words, VERSION) + 1) | 0;
    const copy = copyOf(version);
    this.#store(copy + LOG_START_OFFSET, fields.logStartOffset);
    this.#store(copy + HIGH_WATERMARK, fields.highWatermark);
    this.#store(copy + LAST_STABLE_OFFSET, fields.lastStableOffset);
    this.#store(copy + END_OFFSET, fields.endOffset);
    this.#store(copy + SYNCED_OFFSET, fields.syncedOffset);
    this.#store(copy + HIGH_WATERMARK_BYTES, fields.highWatermarkBytes);
    Atomics.store(this.#words, copy + LEADER_EPOCH, fields.leaderEpoch);
    Atomics.store(this.#words, VERSION, version);
    if (this.status() !== fields.status) this.setStatus(fields.status);
  }

  /** Main thread, before it hands the block to a worker: all fields are {@link UNKNOWN_FIELD}, the status is OPENING. */
  forget(): void {
    this.publish({
      logStartOffset: UNKNOWN_FIELD,
      highWatermark: UNKNOWN_FIELD,
      lastStableOffset: UNKNOWN_FIELD,
      endOffset: UNKNOWN_FIELD,
      syncedOffset: UNKNOWN_FIELD,
      highWatermarkBytes: UNKNOWN_FIELD,
      leaderEpoch: UNKNOWN_FIELD,
      status: PARTITION_STATUS.OPENING,
    });
    this.takeWatermarkRequest();
  }

  read(): PartitionStateFields {
    return this.readInto({
      logStartOffset: 0,
      highWatermark: 0,
      lastStableOffset: 0,
      endOffset: 0,
      syncedOffset: 0,
      highWatermarkBytes: 0,
      leaderEpoch: 0,
      status: PARTITION_STATUS.OPENING,
    });
  }

  /** One consistent snapshot, without allocating. Returns `target`. */
  readInto(target: PartitionStateFields): PartitionStateFields {
    target.status = this.status();
    let version: number;
    do {
      version = Atomics.load(this.#words, VERSION);
      const copy = copyOf(version);
      target.logStartOffset = this.#load(copy + LOG_START_OFFSET);
      target.highWatermark = this.#load(copy + HIGH_WATERMARK);
      target.lastStableOffset = this.#load(copy + LAST_STABLE_OFFSET);
      target.endOffset = this.#load(copy + END_OFFSET);
      target.syncedOffset = this.#load(copy + SYNCED_OFFSET);
      target.highWatermarkBytes = this.#load(copy + HIGH_WATERMARK_BYTES);
      target.leaderEpoch = Atomics.load(this.#words, copy + LEADER_EPOCH);
    } while (Atomics.load(this.#words, VERSION) !== version);
    return target;
  }

  logStartOffset(): number {
    return this.#loadConsistent(LOG_START_OFFSET);
  }

  highWatermark(): number {
    return this.#loadConsistent(HIGH_WATERMARK);
  }

  lastStableOffset(): number {
    return this.#loadConsistent(LAST_STABLE_OFFSET);
  }

  endOffset(): number {
    return this.#loadConsistent(END_OFFSET);
  }

  syncedOffset(): number {
    return this.#loadConsistent(SYNCED_OFFSET);
  }

  highWatermarkBytes(): number {
    return this.#loadConsistent(HIGH_WATERMARK_BYTES);
  }

  leaderEpoch(): number {
    let version: number;
    let epoch: number;
    do {
      version = Atomics.load(this.#words, VERSION);
      epoch = Atomics.load(this.#words, copyOf(version) + LEADER_EPOCH);
    } while (Atomics.load(this.#words, VERSION) !== version);
    return epoch;
  }

  status(): PartitionStatus {
    return Atomics.load(this.#words, STATUS) as PartitionStatus;
  }

  /** Any thread: the main thread marks partitions offline whose worker has died. */
  setStatus(status: PartitionStatus): void {
    Atomics.store(this.#words, STATUS, status);
  }

  /** Main thread: somebody waits; the worker is to send an event when the high watermark has moved. */
  requestWatermarkEvent(): void {
    if (Atomics.load(this.#words, WATERMARK_REQUEST) === 0) Atomics.store(this.#words, WATERMARK_REQUEST, 1);
  }

  /** Writer thread: somebody waits for the high watermark to move. */
  isWatermarkRequested(): boolean {
    return Atomics.load(this.#words, WATERMARK_REQUEST) === 1;
  }

  /** Worker: whether an event was asked for since the last call. */
  takeWatermarkRequest(): boolean {
    if (Atomics.load(this.#words, WATERMARK_REQUEST) === 0) return false;
    return Atomics.exchange(this.#words, WATERMARK_REQUEST, 0) === 1;
  }

  #loadConsistent(field: number): number {
    let version: number;
    let value: number;
    do {
      version = Atomics.load(this.#words, VERSION);
      value = this.#load(copyOf(version) + field);
    } while (Atomics.load(this.#words, VERSION) !== version);
    return value;
  }

  #store(word: number, value: number): void {
    Atomics.store(this.#words, word, value | 0);
    Atomics.store(this.#words, word + 1, Math.floor(value / 2 ** 32));
  }

  #load(word: number): number {
    return Atomics.load(this.#words, word + 1) * 2 ** 32 + (Atomics.load(this.#words, word) >>> 0);
  }
}

function copyOf(version: number): number {
  return FIRST_COPY + (version & 1) * COPY_WORDS;
}
