import { RECORD_BATCH_OVERHEAD } from "../../src/protocol/record-batch.ts";
import { encodeRecordBatch, type RecordInput } from "../../src/protocol/record-batch-encoder.ts";

const RECORD_VALUE_BYTES = 1024;
const KEY_BYTES = 8;
/** The most that a record adds to its key and value, with fewer than 2^20 records in a batch. */
const RECORD_OVERHEAD_MAX = 12;

/** One uncompressed batch, not idempotent, of as many records as fit `batchBytes`, and at least one. */
export function batchOf(
  batchBytes: number,
  /** Of a value. */
  recordBytes: number = RECORD_VALUE_BYTES,
  isKeyed = false,
): Uint8Array {
  const perRecord = recordBytes + (isKeyed ? KEY_BYTES : 0) + RECORD_OVERHEAD_MAX;
  const count = Math.max(1, Math.floor((batchBytes - RECORD_BATCH_OVERHEAD) / perRecord));
  const value = new Uint8Array(recordBytes).fill(0x61);
  const timestamp = Date.now();
  const records = Array.from(
    { length: count },
    (_, index): RecordInput => ({ key: isKeyed ? keyOf(index) : null, value, headers: [], timestamp }),
  );
  return encodeRecordBatch({ baseOffset: 0, records });
}

function keyOf(index: number): Uint8Array {
  const key = new Uint8Array(KEY_BYTES);
  new DataView(key.buffer).setUint32(0, index);
  return key;
}
