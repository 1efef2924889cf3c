import { encodeRecordBatch, type RecordBatchInput } from "../../src/protocol/record-batch-encoder.ts";

const encoder = new TextEncoder();

/** A batch with these values, and whatever else a test wants to say about it. */
export function batchOf(values: readonly string[], rest: Partial<RecordBatchInput> = {}): Uint8Array {
  return encodeRecordBatch({
    records: values.map((value) => ({ value: encoder.encode(value), timestamp: 1_700_000_000_000 })),
    ...rest,
  });
}

/** A batch of one record whose value has `valueBytes` bytes. */
export function batchOfBytes(valueBytes: number, timestamp = 1_700_000_000_000): Uint8Array {
  return encodeRecordBatch({ records: [{ value: new Uint8Array(valueBytes), timestamp }] });
}
