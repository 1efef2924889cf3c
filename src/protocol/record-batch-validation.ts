import { Compression } from "./compression.ts";
import { ErrorCode } from "./error-codes.ts";
import {
  RECORD_BATCH_MAGIC,
  RECORD_BATCH_MAGIC_END,
  RECORD_BATCH_OVERHEAD,
  recordBatch,
} from "./record-batch.ts";

/** An uncompressed record: length, attributes, two deltas, two absent byte ranges, header count; a byte each. */
const RECORD_BYTES_MIN = 7;

/**
 * Whether `bytes[at, at + length)` is one whole v2 batch that a client may append. Allocation free; the records
 * themselves are not looked at. Partition rules (sizes, timestamps, sequences) are the log's.
 *
 * - `INVALID_RECORD`: no batch or more than one, an old format, a control batch, a claimed append time, a count that is not the offset range,
 *   a producer without epoch or sequence, a transaction without producer
 * - `CORRUPT_MESSAGE`: a length that does not fit, an unknown format, a wrong CRC
 * - `UNSUPPORTED_COMPRESSION_TYPE`: a codec that does not exist
 */
export function validateRecordBatch(bytes: Uint8Array, at: number, length: number): ErrorCode {
  if (length === 0) return ErrorCode.INVALID_RECORD;
  if (isFollowedByAnother(bytes, at, length)) return ErrorCode.INVALID_RECORD;
  const intact = verifyRecordBatch(bytes, at, length);
  return intact === ErrorCode.NONE ? validateProducedBatch(bytes, at) : intact;
}

/**
 * Whether `bytes[at, at + length)` is one whole v2 batch with the right CRC, whoever wrote it: what recovery and the
 * scrub ask. Allocation free.
 */
export function verifyRecordBatch(bytes: Uint8Array, at: number, length: number): ErrorCode {
  if (length < RECORD_BATCH_MAGIC_END) return ErrorCode.CORRUPT_MESSAGE;
  const magic = recordBatch.magic(bytes, at);
  if (magic === 0 || magic === 1) return ErrorCode.INVALID_RECORD;
  if (magic !== RECORD_BATCH_MAGIC) return ErrorCode.CORRUPT_MESSAGE;
  if (length < RECORD_BATCH_OVERHEAD || length !== recordBatch.length(bytes, at))
    return ErrorCode.CORRUPT_MESSAGE;
  if (recordBatch.crc(bytes, at) !== recordBatch.computeCrc(bytes, at)) return ErrorCode.CORRUPT_MESSAGE;
  return ErrorCode.NONE;
}

/** Kafka's `LogValidator.validateBatch`, plus what uncompressed records need at the very least. */
function validateProducedBatch(bytes: Uint8Array, at: number): ErrorCode {
  const codec = recordBatch.codec(bytes, at);
  if (codec > Compression.ZSTD) return ErrorCode.UNSUPPORTED_COMPRESSION_TYPE;
  if (recordBatch.isControl(bytes, at)) return ErrorCode.INVALID_RECORD;
  // Only a broker knows when it appended; where the topic asks for that, the log sets the bit and the time.
  if (recordBatch.isLogAppendTime(bytes, at)) return ErrorCode.INVALID_RECORD;

  const count = recordBatch.recordsCount(bytes, at);
  if (count <= 0 || count !== recordBatch.lastOffsetDelta(bytes, at) + 1) return ErrorCode.INVALID_RECORD;
  const recordsBytes = recordBatch.length(bytes, at) - RECORD_BATCH_OVERHEAD;
  if (codec === Compression.NONE && count * RECORD_BYTES_MIN > recordsBytes) return ErrorCode.INVALID_RECORD;

  if (recordBatch.producerId(bytes, at) < 0) {
    return recordBatch.isTransactional(bytes, at) ? ErrorCode.INVALID_RECORD : ErrorCode.NONE;
  }
  if (recordBatch.producerEpoch(bytes, at) < 0) return ErrorCode.INVALID_RECORD;
  return recordBatch.baseSequence(bytes, at) < 0 ? ErrorCode.INVALID_RECORD : ErrorCode.NONE;
}

/** A batch with a plausible length that leaves a rest: the rest is a second batch, or the start of one. */
function isFollowedByAnother(bytes: Uint8Array, at: number, length: number): boolean {
  if (length < RECORD_BATCH_OVERHEAD || recordBatch.magic(bytes, at) !== RECORD_BATCH_MAGIC) return false;
  const claimed = recordBatch.length(bytes, at);
  return claimed >= RECORD_BATCH_OVERHEAD && claimed < length;
}
