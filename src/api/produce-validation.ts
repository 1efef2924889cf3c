import { ErrorCode } from "../protocol/error-codes.ts";
import {
  RECORD_BATCH_LENGTH_END,
  RECORD_BATCH_MAGIC,
  RECORD_BATCH_MAGIC_END,
  RECORD_BATCH_OVERHEAD,
  recordBatch,
} from "../protocol/record-batch.ts";

/** Why a batch is not taken. */
export interface Refusal {
  readonly errorCode: ErrorCode;
  /** For the producer's log; `null`: the code says it all. */
  readonly message: string | null;
}

/** The first version that may carry zstd: older consumers cannot read it. */
const ZSTD_SINCE = 7;
const CODEC_ZSTD = 4;
/** The smallest batch of any format, by its length field. */
const BATCH_BYTES_MIN = RECORD_BATCH_LENGTH_END + 14;

/**
 * What the main thread can tell of a partition's records from the header: that they are one whole v2 batch,
 * not too large. `null`: nothing is wrong so far. Checksum, counts, timestamps and sequence are the log's to check.
 * Codes as Kafka's `ProduceRequest.validateRecords` and `LogValidator`. Pure, without allocating for a good batch.
 */
export function refuseBatch(
  records: Uint8Array | null,
  apiVersion: number,
  bytesMax: number,
): Refusal | null {
  if (records === null || records.byteLength < RECORD_BATCH_LENGTH_END) return NO_BATCH;
  const length = recordBatch.length(records, 0);
  if (length < BATCH_BYTES_MIN) return CORRUPT;
  if (records.byteLength < RECORD_BATCH_MAGIC_END) return NO_BATCH;
  const magic = recordBatch.magic(records, 0);
  if (magic < 0 || magic > RECORD_BATCH_MAGIC) return CORRUPT;
  if (magic < RECORD_BATCH_MAGIC) return OLD_FORMAT;
  if (records.byteLength < length) return NO_BATCH;
  if (records.byteLength > length) return SEVERAL_BATCHES;
  if (length < RECORD_BATCH_OVERHEAD) return CORRUPT;
  if (recordBatch.codec(records, 0) === CODEC_ZSTD && apiVersion < ZSTD_SINCE) return ZSTD_TOO_EARLY;
  if (recordBatch.isTransactional(records, 0)) return TRANSACTIONAL;
  if (length > bytesMax) return tooLarge(length, bytesMax);
  return null;
}

const NO_BATCH = refusal(
  ErrorCode.INVALID_RECORD,
  "each partition of a request needs one whole record batch",
);
const SEVERAL_BATCHES = refusal(
  ErrorCode.INVALID_RECORD,
  "each partition of a request takes only one record batch",
);
const OLD_FORMAT = refusal(ErrorCode.INVALID_RECORD, "only record batches of format 2 are taken");
const CORRUPT = refusal(ErrorCode.CORRUPT_MESSAGE, null);
const ZSTD_TOO_EARLY = refusal(
  ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
  "zstd needs Produce version 7 or later",
);
const TRANSACTIONAL = refusal(ErrorCode.INVALID_TXN_STATE, "transactions are not served, so none is open");

function tooLarge(length: number, bytesMax: number): Refusal {
  return refusal(
    ErrorCode.MESSAGE_TOO_LARGE,
    `the batch has ${length} bytes, max.message.bytes of the topic is ${bytesMax}`,
  );
}

function refusal(errorCode: ErrorCode, message: string | null): Refusal {
  return { errorCode, message };
}
