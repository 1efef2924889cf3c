import { assert } from "../base/assert.ts";
import { Compression, compress } from "./compression.ts";
import {
  CONTROL_BIT,
  LOG_APPEND_TIME_BIT,
  RECORD_BATCH_MAGIC,
  RECORD_BATCH_OVERHEAD,
  recordBatch,
  TRANSACTIONAL_BIT,
} from "./record-batch.ts";
import { utf8Length, writeUtf8 } from "./text.ts";
import { writeZigzag, ZIGZAG_MAX, zigzagBytes } from "./zigzag.ts";

export interface RecordInput {
  readonly key?: Uint8Array | null;
  readonly value?: Uint8Array | null;
  readonly headers?: readonly { readonly key: string; readonly value: Uint8Array | null }[];
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

/** What is left out is what a plain producer sends: base offset 0, no compression, no producer id. */
export interface RecordBatchInput {
  /** At least one; they get consecutive offsets. */
  readonly records: readonly RecordInput[];
  readonly baseOffset?: number;
  readonly leaderEpoch?: number;
  readonly codec?: Compression;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  /** The timestamp of all records is the append time. */
  readonly isLogAppendTime?: boolean;
}

/** Makes one whole v2 batch with its CRC. */
export function encodeRecordBatch(input: RecordBatchInput): Uint8Array {
  const { records, codec = Compression.NONE } = input;
  assert(records.length > 0, "a record batch needs a record");
  const baseTimestamp = records[0]!.timestamp;
  const block = compress(codec, encodeRecords(records, baseTimestamp));

  const bytes = new Uint8Array(RECORD_BATCH_OVERHEAD + block.length);
  bytes.set(block, RECORD_BATCH_OVERHEAD);
  recordBatch.setBaseOffset(bytes, 0, input.baseOffset ?? 0);
  recordBatch.setLength(bytes, 0, bytes.length);
  recordBatch.setLeaderEpoch(bytes, 0, input.leaderEpoch ?? -1);
  recordBatch.setMagic(bytes, 0, RECORD_BATCH_MAGIC);
  recordBatch.setAttributes(bytes, 0, attributesOf(input));
  recordBatch.setLastOffsetDelta(bytes, 0, records.length - 1);
  recordBatch.setBaseTimestamp(bytes, 0, baseTimestamp);
  recordBatch.setMaxTimestamp(bytes, 0, maxTimestamp(records));
  recordBatch.setProducer(
    bytes,
    0,
    input.producerId ?? -1,
    input.producerEpoch ?? -1,
    input.baseSequence ?? -1,
  );
  recordBatch.setRecordsCount(bytes, 0, records.length);
  recordBatch.setCrc(bytes, 0, recordBatch.computeCrc(bytes, 0));
  return bytes;
}

function attributesOf(input: RecordBatchInput): number {
  return (
    (input.codec ?? Compression.NONE) |
    (input.isLogAppendTime ? LOG_APPEND_TIME_BIT : 0) |
    (input.isTransactional ? TRANSACTIONAL_BIT : 0) |
    (input.isControl ? CONTROL_BIT : 0)
  );
}

function maxTimestamp(records: readonly RecordInput[]): number {
  return records.reduce((max, record) => Math.max(max, record.timestamp), -1);
}

function encodeRecords(records: readonly RecordInput[], baseTimestamp: number): Uint8Array {
  const contentBytes = records.map((record, delta) => recordContentBytes(record, baseTimestamp, delta));
  const total = contentBytes.reduce((sum, bytes) => sum + zigzagBytes(bytes) + bytes, 0);
  const block = new Uint8Array(total);
  let at = 0;
  for (const [delta, record] of records.entries()) {
    at = writeZigzag(block, at, contentBytes[delta]!);
    at = writeRecordContent(block, at, record, baseTimestamp, delta);
  }
  return block;
}

/** Bytes of a record after its length. */
function recordContentBytes(record: RecordInput, baseTimestamp: number, offsetDelta: number): number {
  const timestampDelta = record.timestamp - baseTimestamp;
  assert(Math.abs(timestampDelta) <= ZIGZAG_MAX, `a timestamp delta of ${timestampDelta}`);
  const headers = record.headers ?? [];
  let sum = 1 + zigzagBytes(timestampDelta) + zigzagBytes(offsetDelta);
  sum += rangeBytes(record.key ?? null) + rangeBytes(record.value ?? null) + zigzagBytes(headers.length);
  for (const header of headers) {
    const keyBytes = utf8Length(header.key);
    sum += zigzagBytes(keyBytes) + keyBytes + rangeBytes(header.value);
  }
  return sum;
}

function rangeBytes(range: Uint8Array | null): number {
  return range === null ? 1 : zigzagBytes(range.length) + range.length;
}

function writeRecordContent(
  block: Uint8Array,
  start: number,
  record: RecordInput,
  baseTimestamp: number,
  offsetDelta: number,
): number {
  const headers = record.headers ?? [];
  let at = start + 1;
  at = writeZigzag(block, at, record.timestamp - baseTimestamp);
  at = writeZigzag(block, at, offsetDelta);
  at = writeRange(block, at, record.key ?? null);
  at = writeRange(block, at, record.value ?? null);
  at = writeZigzag(block, at, headers.length);
  for (const header of headers) {
    at = writeZigzag(block, at, utf8Length(header.key));
    at += writeUtf8(block, at, header.key);
    at = writeRange(block, at, header.value);
  }
  return at;
}

/** Returns the position after the range; null is length -1. */
function writeRange(block: Uint8Array, at: number, range: Uint8Array | null): number {
  if (range === null) return writeZigzag(block, at, -1);
  const next = writeZigzag(block, at, range.length);
  block.set(range, next);
  return next + range.length;
}
