import { RECORD_BATCH_OVERHEAD } from "../../src/protocol/record-batch.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";

const RECORD_VALUE_BYTES = 1000;

/** One uncompressed batch of 1 kB records, as large as fits `batchBytes`. */
export function batchOf(batchBytes: number): Uint8Array {
  const perRecord = RECORD_VALUE_BYTES + 12;
  const count = Math.max(1, Math.floor((batchBytes - RECORD_BATCH_OVERHEAD) / perRecord));
  const value = new Uint8Array(RECORD_VALUE_BYTES).fill(0x61);
  const timestamp = Date.now();
  const records = Array.from({ length: count }, () => ({ key: null, value, headers: [], timestamp }));
  return encodeRecordBatch({ baseOffset: 0, records });
}
