import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { recordBatch } from "../../src/protocol/record-batch.ts";
import {
  append,
  batchOf,
  DIRECTORY,
  emptyDisk,
  environmentOn,
  fetchBytes,
  opening,
  openLog,
  sync,
} from "./log-harness.ts";

describe("append and fetch", () => {
  test("a new log is empty and has a first segment, an epoch and a topic id", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk));
    expect(log.fields).toEqual({
      logStartOffset: 0,
      highWatermark: 0,
      lastStableOffset: 0,
      endOffset: 0,
      syncedOffset: 0,
      leaderEpoch: 0,
      highWatermarkBytes: 0,
    });
    expect(disk.list(DIRECTORY)).toEqual([
      "00000000000000000000.log",
      "leader-epoch-checkpoint",
      "partition.metadata",
    ]);
  });

  test("a fetch brings the batches as they were appended, with offset and epoch stamped", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk));
    const first = batchOf(3);
    const second = batchOf(2);
    expect(append(log, first)).toBe(0);
    expect(append(log, second)).toBe(3);
    expect(log.fields.highWatermark).toBe(0);
    sync(disk, log);
    expect(log.fields.highWatermark).toBe(5);
    const bytes = fetchBytes(disk, log, 0);
    expect(bytes).toEqual(new Uint8Array([...first, ...second]));
    expect(recordBatch.baseOffset(bytes, first.byteLength)).toBe(3);
    expect(fetchBytes(disk, log, 4)).toEqual(second);
    expect(log.planFetch(5, 100, true, "high-watermark").length).toBe(0);
    expect(log.planFetch(6, 100, true, "high-watermark").errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
  });

  test("a clean close leaves nothing to read back", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk), opening({ segmentBytes: 2000 }));
    for (let i = 0; i < 100; i++) append(log, batchOf(2, 300));
    expect(log.close().ok).toBe(true);
    const again = openLog(environmentOn(disk), opening({ segmentBytes: 2000 }, { wasCleanShutdown: true }));
    expect(again.failure).toBe(null);
    expect(again.fields.endOffset).toBe(200);
    for (let offset = 0; offset < 200; offset++)
      expect(recordBatch.baseOffset(fetchBytes(disk, again, offset), 0)).toBe(offset - (offset % 2));
  });
});
