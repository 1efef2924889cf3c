import type { FileDescriptor, FilePosition } from "../base/units.ts";
import type { Files } from "../io/files.ts";
import { DecodeError } from "../protocol/decode-error.ts";
import { recordBatch } from "../protocol/record-batch.ts";
import { readRecords } from "../protocol/records.ts";
import { BatchReader } from "./batch-reader.ts";
import { type InspectedBatch, type Inspection, problem } from "./inspection.ts";
import { LOOKUP_DECOMPRESSED_BYTES_MAX } from "./timestamp-lookup.ts";

const CODECS = ["none", "gzip", "snappy", "lz4", "zstd"];

/** Every batch of a `.log` file that starts at `segmentOffset`, up to the first bytes that are no batch. */
export function* inspectBatches(
  files: Files,
  fd: FileDescriptor,
  segmentOffset: number,
  withRecords: boolean,
): Generator<Inspection> {
  const reader = new BatchReader(files);
  reader.start(fd, 0, files.size(fd), "bodies");
  let expectedOffset = segmentOffset;
  let leaderEpoch = -1;
  while (reader.next()) {
    const batch = describeBatch(reader, expectedOffset, leaderEpoch);
    yield batch;
    if (withRecords && batch.isCrcRight) yield* inspectRecords(files, fd, batch);
    expectedOffset = batch.lastOffset + 1;
    leaderEpoch = Math.max(leaderEpoch, batch.leaderEpoch);
  }
  if (reader.problem !== null) yield problem(`at byte ${reader.position}: ${reader.problem}`);
}

function describeBatch(reader: BatchReader, expectedOffset: number, leaderEpoch: number): InspectedBatch {
  const { header, baseOffset, lastOffset } = reader;
  const isCrcRight = reader.checksumMatches();
  const recordsCount = recordBatch.recordsCount(header, 0);
  const problems: string[] = [];
  if (!isCrcRight) problems.push("the checksum does not match");
  if (baseOffset !== expectedOffset) problems.push(`offset ${expectedOffset} should be next`);
  if (reader.leaderEpoch < leaderEpoch) problems.push(`leader epoch ${leaderEpoch} was there before`);
  const codec = recordBatch.codec(header, 0);
  if (CODECS[codec] === undefined) problems.push(`codec ${codec} is not known`);
  const isControl = recordBatch.isControl(header, 0);
  if (recordsCount !== lastOffset - baseOffset + 1)
    problems.push("the number of records is not its offsets'");
  return {
    kind: "batch",
    position: reader.position,
    sizeBytes: reader.length,
    baseOffset,
    lastOffset,
    recordsCount,
    leaderEpoch: reader.leaderEpoch,
    codec: CODECS[codec] ?? String(codec),
    timestampType: recordBatch.isLogAppendTime(header, 0) ? "LogAppendTime" : "CreateTime",
    baseTimestampMs: recordBatch.baseTimestamp(header, 0),
    maxTimestampMs: reader.maxTimestampMs,
    producerId: recordBatch.producerId(header, 0),
    producerEpoch: recordBatch.producerEpoch(header, 0),
    baseSequence: recordBatch.baseSequence(header, 0),
    isTransactional: recordBatch.isTransactional(header, 0),
    isControl,
    crc: recordBatch.crc(header, 0),
    isCrcRight,
    problems,
  };
}

function* inspectRecords(files: Files, fd: FileDescriptor, batch: InspectedBatch): Generator<Inspection> {
  const bytes = new Uint8Array(batch.sizeBytes);
  files.read(fd, bytes, 0, bytes.byteLength, batch.position as FilePosition);
  try {
    for (const { offset, timestamp, key, value, headers } of readRecords(
      bytes,
      0,
      LOOKUP_DECOMPRESSED_BYTES_MAX,
    )) {
      yield { kind: "record", offset, timestampMs: timestamp, key, value, headers };
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    yield problem(`the records of the batch at byte ${batch.position} cannot be read: ${error.message}`);
  }
}
