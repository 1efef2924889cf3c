import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { assert } from "../../src/base/assert.ts";
import type { Offset } from "../../src/base/units.ts";
import { encodeProducerSnapshot } from "../../src/log/producer-snapshot.ts";
import { ProducerStates } from "../../src/log/producer-states.ts";
import { SegmentIndex } from "../../src/log/segment-index.ts";
import { recordBatch } from "../../src/protocol/record-batch.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";

/**
 * The files of a partition that is as large as wanted and takes a block of disk for each unit of it. Every batch is
 * valid, its checksum and offsets too: what is not stored is the value of a record of zeroes.
 *
 *     unit := small batch, SMALL_BATCH_BYTES    what is fetched
 *             large batch, up to the unit's end  one record of zeroes, of which only the head is written
 *
 * Both have one record; so unit u holds the offsets 2u and 2u + 1. Unit u has the timestamp `firstTimestampMs + u`. The
 * index has an entry for each small batch, as a broker's would.
 */
export const UNIT_BYTES = 256 * 1024;
export const SMALL_BATCH_BYTES = 2048;
export const RECORDS_PER_UNIT = 2;
const SEGMENT_BYTES = 1024 * 1024 * 1024;
const UNITS_PER_SEGMENT = SEGMENT_BYTES / UNIT_BYTES;
const INDEX_INTERVAL_BYTES = 4096;
/** Of a batch with one record that has a long value: header and the record's fields in front of the value. */
const HEAD_BYTES = 128;
/** Timestamps are below this power of two for some thousand years. */
const TIMESTAMP_BITS = 47;

export interface SparsePartition {
  /** `<data directory>/<topic>-<partition>`, as the broker has left it after a clean stop; its segments are replaced. */
  readonly directory: string;
  /** Rounded up to whole units. */
  readonly bytes: number;
  readonly firstTimestampMs: number;
}

export interface SparseLayout {
  readonly bytes: number;
  readonly units: number;
  readonly segments: number;
  readonly endOffset: number;
}

export function layoutOf(bytes: number): SparseLayout {
  const units = Math.max(1, Math.ceil(bytes / UNIT_BYTES));
  return {
    bytes: units * UNIT_BYTES,
    units,
    segments: Math.ceil(units / UNITS_PER_SEGMENT),
    endOffset: units * RECORDS_PER_UNIT,
  };
}

/** Writes and syncs the files. Yields after each segment, so that the caller may stop there. */
export function* writeSparsePartition(partition: SparsePartition): Generator<number, SparseLayout> {
  const { directory, firstTimestampMs } = partition;
  const layout = layoutOf(partition.bytes);
  mkdirSync(directory, { recursive: true });
  for (const name of readdirSync(directory)) {
    if (/\.(log|index|timeindex|snapshot)$/.test(name)) rmSync(join(directory, name));
  }
  const small = new BatchTemplate(SMALL_BATCH_BYTES);
  const large = new BatchTemplate(UNIT_BYTES - SMALL_BATCH_BYTES);
  for (let segment = 0; segment < layout.segments; segment++) {
    const firstUnit = segment * UNITS_PER_SEGMENT;
    const endUnit = Math.min(firstUnit + UNITS_PER_SEGMENT, layout.units);
    writeSegment(directory, firstUnit, endUnit, firstTimestampMs, small, large);
    yield segment;
  }
  // The log's own mark that all below is on disk; see `src/log/recovery.ts`.
  const snapshot = encodeProducerSnapshot(new ProducerStates(1));
  writeFileSync(join(directory, `${offsetName(layout.endOffset)}.snapshot`), snapshot);
  return layout;
}

/** What the data directory's checkpoints have to say of such a partition: `topic partition offset` each. */
export function writeCheckpoints(
  dataDirectory: string,
  partitions: readonly { readonly topic: string; readonly endOffset: number }[],
): void {
  const text = (offsetOf: (endOffset: number) => number): string =>
    `0\n${partitions.length}\n${partitions.map(({ topic, endOffset }) => `${topic} 0 ${offsetOf(endOffset)}\n`).join("")}`;
  const atEnd = text((endOffset) => endOffset);
  writeFileSync(join(dataDirectory, "recovery-point-offset-checkpoint"), atEnd);
  writeFileSync(join(dataDirectory, "replication-offset-checkpoint"), atEnd);
  writeFileSync(
    join(dataDirectory, "log-start-offset-checkpoint"),
    text(() => 0),
  );
}

function writeSegment(
  directory: string,
  firstUnit: number,
  endUnit: number,
  firstTimestampMs: number,
  small: BatchTemplate,
  large: BatchTemplate,
): void {
  const baseOffset = firstUnit * RECORDS_PER_UNIT;
  const path = (suffix: string): string => join(directory, `${offsetName(baseOffset)}${suffix}`);
  const index = new SegmentIndex(baseOffset as Offset);
  const head = new Uint8Array(SMALL_BATCH_BYTES + HEAD_BYTES);
  const fd = openSync(path(".log"), "w");
  try {
    ftruncateSync(fd, (endUnit - firstUnit) * UNIT_BYTES);
    for (let unit = firstUnit; unit < endUnit; unit++) {
      const offset = unit * RECORDS_PER_UNIT;
      const timestampMs = firstTimestampMs + unit;
      const position = (unit - firstUnit) * UNIT_BYTES;
      small.stamp(head, 0, SMALL_BATCH_BYTES, offset, timestampMs);
      large.stamp(head, SMALL_BATCH_BYTES, HEAD_BYTES, offset + 1, timestampMs);
      writeSync(fd, head, 0, head.byteLength, position);
      const largeAt = position + SMALL_BATCH_BYTES;
      index.add(offset, timestampMs, position, small.byteLength, INDEX_INTERVAL_BYTES);
      index.add(offset + 1, timestampMs, largeAt, large.byteLength, INDEX_INTERVAL_BYTES);
    }
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
  index.finish();
  writeFileSync(path(".index"), index.offsets.table.fileBytes());
  writeFileSync(path(".timeindex"), index.times.table.fileBytes());
}

function offsetName(offset: number): string {
  return String(offset).padStart(20, "0");
}

/**
 * A batch with one record of zeroes, of which only offset and timestamp change. The offset is outside of the checksum; and
 * a CRC is linear: each bit of the timestamp that is set changes it by the same bits, whatever the others are. So the
 * checksum of 256 KiB of zeroes is worked out once and not for each batch.
 */
class BatchTemplate {
  readonly byteLength: number;
  readonly #bytes: Uint8Array;
  readonly #crcAtZero: number;
  readonly #crcOfBit: readonly number[];

  constructor(byteLength: number) {
    this.byteLength = byteLength;
    this.#bytes = batchOfZeroes(byteLength);
    const crcAt = (timestampMs: number): number => {
      recordBatch.setBaseTimestamp(this.#bytes, 0, timestampMs);
      recordBatch.setMaxTimestamp(this.#bytes, 0, timestampMs);
      return recordBatch.computeCrc(this.#bytes, 0);
    };
    this.#crcAtZero = crcAt(0);
    this.#crcOfBit = Array.from({ length: TIMESTAMP_BITS }, (_, bit) => crcAt(2 ** bit) ^ this.#crcAtZero);
  }

  /** Writes the first `length` bytes of the batch with this offset and time; what is behind is zeroes. */
  stamp(target: Uint8Array, at: number, length: number, offset: number, timestampMs: number): void {
    target.set(this.#bytes.subarray(0, length), at);
    recordBatch.setBaseOffset(target, at, offset);
    recordBatch.setBaseTimestamp(target, at, timestampMs);
    recordBatch.setMaxTimestamp(target, at, timestampMs);
    recordBatch.setCrc(target, at, this.#crcOf(timestampMs));
  }

  #crcOf(timestampMs: number): number {
    let crc = this.#crcAtZero;
    let rest = timestampMs;
    for (let bit = 0; rest > 0; bit++) {
      if (rest % 2 === 1) crc ^= this.#crcOfBit[bit]!;
      rest = Math.floor(rest / 2);
    }
    return crc;
  }
}

/** Exactly `byteLength`, whose record ends in zeroes. */
function batchOfZeroes(byteLength: number): Uint8Array {
  let valueBytes = byteLength;
  for (;;) {
    const batch = encodeRecordBatch({
      leaderEpoch: 0,
      records: [{ value: new Uint8Array(valueBytes), timestamp: 0 }],
    });
    if (batch.byteLength === byteLength) return batch;
    valueBytes -= batch.byteLength - byteLength;
    assert(valueBytes > 0, "a batch has room for a value");
  }
}
