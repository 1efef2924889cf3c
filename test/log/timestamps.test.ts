import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { recordBatch } from "../../src/protocol/record-batch.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import { append, batchOf, emptyDisk, environmentOn, opening, openLog, sync } from "./log-harness.ts";

function batchAt(timestamps: readonly number[], codec: 0 | 1 = 0): Uint8Array {
  const value = new Uint8Array(40);
  return encodeRecordBatch({ records: timestamps.map((timestamp) => ({ timestamp, value })), codec });
}

const NONE = { errorCode: 0, offset: -1, timestamp: -1, leaderEpoch: -1 };
const found = (offset: number, timestamp: number) => ({ errorCode: 0, offset, timestamp, leaderEpoch: 0 });

describe("lookup by time", () => {
  test("finds the exact record inside a batch, compressed or not", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk));
    append(log, batchAt([100, 300, 200]));
    append(log, batchAt([400, 350, 500], 1));
    sync(disk, log);
    expect(log.offsetForTimestamp(0)).toEqual(found(0, 100));
    expect(log.offsetForTimestamp(101)).toEqual(found(1, 300));
    expect(log.offsetForTimestamp(301)).toEqual(found(3, 400));
    expect(log.offsetForTimestamp(401)).toEqual(found(5, 500));
    expect(log.offsetForTimestamp(501)).toEqual(NONE);
    expect(log.offsetOfMaxTimestamp()).toEqual(found(5, 500));
  });

  test("answers nothing above the high watermark", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk));
    append(log, batchAt([100]));
    sync(disk, log);
    append(log, batchAt([900]));
    expect(log.offsetForTimestamp(200)).toEqual(NONE);
    expect(log.offsetOfMaxTimestamp()).toEqual(found(0, 100));
  });

  test("an empty log, and one without timestamps, have no answer", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk), opening({ segmentBytes: 300 }));
    expect(log.offsetForTimestamp(0)).toEqual(NONE);
    expect(log.offsetOfMaxTimestamp()).toEqual(NONE);
    for (let count = 0; count < 5; count++) append(log, batchAt([-1]));
    sync(disk, log);
    expect(log.offsetForTimestamp(0)).toEqual(NONE);
    expect(log.offsetOfMaxTimestamp()).toEqual(NONE);
  });

  test("a batch whose records lie about their time does not end the search", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk), opening({ messageTimestampType: "CreateTime" }));
    const liar = batchAt([100]);
    const honest = batchAt([800]);
    // The header claims 900, with a checksum that is right: the broker does not look inside.
    const claimed = encodeRecordBatch({ records: [{ timestamp: 900, value: new Uint8Array(40) }] });
    claimed.set(liar.subarray(27, 35), 27);
    append(log, withRightChecksum(claimed));
    append(log, honest);
    sync(disk, log);
    expect(log.offsetForTimestamp(700)).toEqual(found(1, 800));
  });

  test("agrees with a full scan, whatever the order of timestamps (property)", () => {
    const schedule = fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 80, max: 400 })), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(schedule, fc.integer({ min: 0, max: 40 }), (batches, unsynced) => {
        const disk = emptyDisk();
        const config = { segmentBytes: 1200, indexIntervalBytes: 250 };
        let log = openLog(environmentOn(disk), opening(config));
        const all = batches.map(([timestamp, bytes]) => ({
          timestamp,
          offset: append(log, batchOf(1, bytes, timestamp)),
        }));
        if (unsynced % 3 === 0) {
          sync(disk, log);
          log.close();
          log = openLog(environmentOn(disk), opening(config, { wasCleanShutdown: true }));
        } else if (unsynced % 3 === 1) sync(disk, log);
        const readable = all.filter(({ offset }) => offset < log.fields.highWatermark);
        for (let target = 0; target <= 61; target++) {
          const first = readable.find(({ timestamp }) => timestamp >= target);
          expect(log.offsetForTimestamp(target).offset).toBe(first?.offset ?? -1);
        }
        const largest = Math.max(...readable.map(({ timestamp }) => timestamp));
        const newest = readable.find(({ timestamp }) => timestamp === largest);
        expect(log.offsetOfMaxTimestamp().offset).toBe(newest?.offset ?? -1);
      }),
      { numRuns: 60 },
    );
  });
});

function withRightChecksum(batch: Uint8Array): Uint8Array {
  recordBatch.setCrc(batch, 0, recordBatch.computeCrc(batch, 0));
  return batch;
}
