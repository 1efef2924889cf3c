import type { TopicConfig } from "../config/topic-config.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { recordBatch } from "../protocol/record-batch.ts";
import { validateRecordBatch } from "../protocol/record-batch-validation.ts";
import { RELATIVE_OFFSET_ROLL, SEGMENT_BYTES_MAX } from "./log-segments.ts";

/**
 * Whether the partition takes this batch, by its header alone: sizes, structure and checksum, timestamps. Sequences are
 * `ProducerStates`'. Allocation free.
 */
export function checkBatch(
  bytes: Uint8Array,
  at: number,
  length: number,
  config: TopicConfig,
  nowMs: number,
): ErrorCode {
  if (length > config.maxMessageBytes) return ErrorCode.MESSAGE_TOO_LARGE;
  if (length > config.segmentBytes || length > SEGMENT_BYTES_MAX) return ErrorCode.RECORD_LIST_TOO_LARGE;
  const valid = validateRecordBatch(bytes, at, length);
  if (valid !== ErrorCode.NONE) return valid;
  if (recordBatch.lastOffsetDelta(bytes, at) >= RELATIVE_OFFSET_ROLL) return ErrorCode.INVALID_RECORD;
  // Without transaction markers its records would count as committed.
  if (recordBatch.isTransactional(bytes, at)) return ErrorCode.INVALID_TXN_STATE;
  return config.messageTimestampType === "CreateTime"
    ? checkTimestamps(bytes, at, config, nowMs)
    : ErrorCode.NONE;
}

/** The oldest time is taken to be the first record's: no record is decoded on the produce path. */
function checkTimestamps(bytes: Uint8Array, at: number, config: TopicConfig, nowMs: number): ErrorCode {
  const maxTimestampMs = recordBatch.maxTimestamp(bytes, at);
  if (maxTimestampMs < 0) return ErrorCode.NONE;
  if (maxTimestampMs - nowMs > config.messageTimestampAfterMaxMs) return ErrorCode.INVALID_TIMESTAMP;
  const baseTimestampMs = recordBatch.baseTimestamp(bytes, at);
  return nowMs - baseTimestampMs > config.messageTimestampBeforeMaxMs
    ? ErrorCode.INVALID_TIMESTAMP
    : ErrorCode.NONE;
}

/** What `errorCode` of a refused batch means here, for the client. */
export function describeRefusal(errorCode: ErrorCode, length: number, config: TopicConfig): string {
  switch (errorCode) {
    case ErrorCode.MESSAGE_TOO_LARGE:
      return `the batch has ${length} bytes, max.message.bytes is ${config.maxMessageBytes}`;
    case ErrorCode.RECORD_LIST_TOO_LARGE:
      return `the batch has ${length} bytes, segment.bytes is ${config.segmentBytes}`;
    case ErrorCode.INVALID_TIMESTAMP:
      return (
        "a timestamp is out of range: message.timestamp.before.max.ms is " +
        `${config.messageTimestampBeforeMaxMs}, message.timestamp.after.max.ms ${config.messageTimestampAfterMaxMs}`
      );
    case ErrorCode.CORRUPT_MESSAGE:
      return "the batch is cut, or its checksum does not match";
    case ErrorCode.UNSUPPORTED_COMPRESSION_TYPE:
      return "the batch is compressed with an unknown codec";
    case ErrorCode.INVALID_TXN_STATE:
      return "transactions are not served";
    case ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER:
      return "the batch does not follow the producer's last one";
    case ErrorCode.INVALID_PRODUCER_EPOCH:
      return "a producer with a newer epoch took this one's place";
    default:
      return "the batch is not one whole batch of records in format 2";
  }
}
