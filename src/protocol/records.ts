/**
 * The records inside a v2 batch. A record, with zigzag varints:
 *
 *     length, attributes int8, timestampDelta varlong, offsetDelta, key length (-1 null), key, value length (-1 null),
 *     value, header count, then { key length, key, value length (-1 null), value }
 *
 * Not for the produce or fetch path, which never look inside a batch.
 */
import { decompress } from "./compression.ts";
import { DecodeError } from "./decode-error.ts";
import { ErrorCode, errorName } from "./error-codes.ts";
import { RECORD_BATCH_LENGTH_END, RECORD_BATCH_OVERHEAD, recordBatch } from "./record-batch.ts";
import { verifyRecordBatch } from "./record-batch-validation.ts";
import { RecordReader } from "./record-reader.ts";

export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** Key, value and header values are views: of the batch, or of its decompressed block. */
export interface LogRecord {
  readonly offset: number;
  /** Milliseconds since the epoch; the append time if the batch says so. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}

/** Key length and value length, a byte each. */
const HEADER_BYTES_MIN = 2;

/**
 * The records of the batch at `at`, in order. The batch is verified first; its records take at most `limitBytes`
 * when decompressed. Throws {@link DecodeError} and nothing else, at the first record that is not whole.
 */
export function* readRecords(bytes: Uint8Array, at: number, limitBytes: number): Generator<LogRecord> {
  const available = bytes.length - at;
  const length = available < RECORD_BATCH_OVERHEAD ? available : recordBatch.length(bytes, at);
  const intact = length > available ? ErrorCode.CORRUPT_MESSAGE : verifyRecordBatch(bytes, at, length);
  if (intact !== ErrorCode.NONE) throw new DecodeError(`record batch: ${errorName(intact)}`);

  const block = bytes.subarray(at + RECORD_BATCH_OVERHEAD, at + length);
  const content = decompress(recordBatch.codec(bytes, at), block, limitBytes);
  const reader = new RecordReader(content, 0, content.length);
  for (let left = recordBatch.recordsCount(bytes, at); left > 0; left--) yield readRecord(reader, bytes, at);
  if (reader.position !== reader.end) reader.fail("more bytes than records");
}

/** Positions of the whole batches that `bytes` starts with; a cut one at the end, as fetches have them, is left out. */
export function* wholeBatches(bytes: Uint8Array): Generator<number> {
  let at = 0;
  while (at + RECORD_BATCH_LENGTH_END <= bytes.length) {
    const length = recordBatch.length(bytes, at);
    if (length < RECORD_BATCH_OVERHEAD) throw new DecodeError(`a record batch of ${length} bytes`);
    if (at + length > bytes.length) return;
    yield at;
    at += length;
  }
}

function readRecord(reader: RecordReader, batch: Uint8Array, at: number): LogRecord {
  const length = reader.varint();
  const end = reader.take(length) + length;
  reader.position = end - length;
  reader.int8();
  const timestampDelta = reader.varlong();
  const offset = recordBatch.baseOffset(batch, at) + reader.varint();
  const timestamp = recordBatch.isLogAppendTime(batch, at)
    ? recordBatch.maxTimestamp(batch, at)
    : recordBatch.baseTimestamp(batch, at) + timestampDelta;
  const record = {
    offset,
    timestamp,
    key: reader.byteRange(),
    value: reader.byteRange(),
    headers: readHeaders(reader),
  };
  if (reader.position !== end) reader.fail("a record whose length does not fit its content");
  return record;
}

function readHeaders(reader: RecordReader): RecordHeader[] {
  const count = reader.varint();
  if (count < 0 || count * HEADER_BYTES_MIN > reader.end - reader.position) reader.fail(`${count} headers`);
  const headers: RecordHeader[] = [];
  for (let left = count; left > 0; left--) headers.push({ key: reader.text(), value: reader.byteRange() });
  return headers;
}
