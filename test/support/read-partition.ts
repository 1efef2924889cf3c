import { ErrorCode, errorName } from "../../src/protocol/error-codes.ts";
import { readRecords, wholeBatches } from "../../src/protocol/records.ts";
import type { WireClient } from "./wire-client.ts";

const BATCH_BYTES_MAX = 64 * 1024 * 1024;

/** Every record of a partition from offset 0 to its high watermark, as text. */
export async function readPartition(
  client: WireClient,
  topic: string,
  partition: number,
): Promise<{ offset: number; value: string }[]> {
  const records: { offset: number; value: string }[] = [];
  const decoder = new TextDecoder();
  for (let offset = 0; ; ) {
    const fetched = await client.fetch({ topic, partition, offset, bytesMax: 8 << 20 });
    if (fetched.errorCode !== ErrorCode.NONE)
      throw new Error(`fetch: ${errorName(fetched.errorCode as ErrorCode)}`);
    if (offset >= fetched.highWatermark) return records;
    const bytes = fetched.records ?? new Uint8Array(0);
    const before = offset;
    for (const at of wholeBatches(bytes)) {
      for (const record of readRecords(bytes, at, BATCH_BYTES_MAX)) {
        if (record.offset < offset) continue;
        records.push({ offset: record.offset, value: decoder.decode(record.value ?? new Uint8Array(0)) });
        offset = record.offset + 1;
      }
    }
    if (offset === before) throw new Error(`nothing came at offset ${offset} of ${fetched.highWatermark}`);
  }
}
