import { describe, expect, test } from "vitest";
import { WRITE_CACHING_SYNC_BYTES } from "../../src/log/partition-log.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { recordBatch } from "../../src/protocol/record-batch.ts";
import { ManualClock } from "../support/manual-clock.ts";
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

function openedLog(config = {}, options = {}) {
  const disk = emptyDisk();
  const clock = new ManualClock();
  const log = openLog(environmentOn(disk, clock, options), opening(config));
  return { disk, clock, log };
}

describe("append", () => {
  test("a new log is empty, and has a segment, an epoch and a topic id", () => {
    const { disk, log } = openedLog();
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

  test("the high watermark waits for the sync, and follows the end with write.caching", () => {
    const { disk, log } = openedLog();
    append(log, batchOf(3));
    expect(log.fields).toMatchObject({ endOffset: 3, highWatermark: 0, syncedOffset: 0 });
    const ticket = log.beginSync()!;
    append(log, batchOf(2));
    expect(log.beginSync()).toBe(null);
    log.completeSync(ticket, null);
    expect(log.fields).toMatchObject({
      endOffset: 5,
      highWatermark: 3,
      syncedOffset: 3,
      lastStableOffset: 3,
    });
    sync(disk, log);
    expect(log.fields).toMatchObject({ highWatermark: 5, syncedOffset: 5 });
    expect(log.fields.highWatermarkBytes).toBe(
      disk.contentOf(`${DIRECTORY}/00000000000000000000.log`).length,
    );

    log.updateConfig({ ...opening().config, writeCaching: true });
    append(log, batchOf(1));
    expect(log.fields).toMatchObject({ endOffset: 6, highWatermark: 6, syncedOffset: 5 });
    log.updateConfig(opening().config);
    expect(log.fields.highWatermark).toBe(6);
  });

  test("with write.caching a sync is wanted only when much has gathered; without, after every commit", () => {
    const { disk, log } = openedLog({ writeCaching: true, segmentBytes: 1024 * 1024 * 1024 });
    expect(log.wantsSync()).toBe(false);
    append(log, batchOf(1));
    expect(log.wantsSync()).toBe(false);
    for (let count = 0; count < WRITE_CACHING_SYNC_BYTES / 1_000_000; count++)
      append(log, batchOf(1, 1_040_000));
    expect(log.wantsSync()).toBe(true);
    sync(disk, log);
    expect(log.wantsSync()).toBe(false);
    log.updateConfig(opening().config);
    append(log, batchOf(1));
    expect(log.wantsSync()).toBe(true);
    log.beginSync();
    expect(log.wantsSync()).toBe(false);
  });

  test("batches that lie back to back are one write; a refused one between them leaves a hole", () => {
    const { disk, log } = openedLog();
    const good = batchOf(2, 200);
    const broken = batchOf(2, 200);
    broken[100]! ^= 1;
    const arena = new Uint8Array(new SharedArrayBuffer(4096));
    const order = [good, good, broken, good, good];
    disk.counts.clear();
    for (const [place, batch] of order.entries()) {
      arena.set(batch, place * good.length);
      const { errorCode } = log.stage(arena, place * good.length, good.length);
      expect(errorCode).toBe(batch === broken ? ErrorCode.CORRUPT_MESSAGE : ErrorCode.NONE);
    }
    expect(log.fields.endOffset).toBe(0);
    expect(log.commit()).toBe(ErrorCode.NONE);
    expect(disk.counts.get("write")).toBe(2);
    sync(disk, log);
    expect(fetchBytes(disk, log, 0).length).toBe(4 * good.length);
    for (let offset = 0; offset < 8; offset++) {
      expect(recordBatch.baseOffset(fetchBytes(disk, log, offset), 0)).toBe(offset - (offset % 2));
    }
  });

  test("sizes: beyond max.message.bytes 10, beyond segment.bytes 18", () => {
    const { log } = openedLog({ maxMessageBytes: 3000, segmentBytes: 2000 });
    expect(log.stage(batchOf(1, 3200), 0, batchOf(1, 3200).length)).toMatchObject({
      errorCode: ErrorCode.MESSAGE_TOO_LARGE,
      baseOffset: -1,
    });
    expect(log.stage(batchOf(1, 2500), 0, batchOf(1, 2500).length).errorCode).toBe(
      ErrorCode.RECORD_LIST_TOO_LARGE,
    );
    expect(append(log, batchOf(1, 1900))).toBe(0);
  });

  test("timestamps out of range: 32, told from the header; without a timestamp: taken", () => {
    const { log, clock } = openedLog({ messageTimestampBeforeMaxMs: 5000, messageTimestampAfterMaxMs: 1000 });
    const stage = (timestamp: number) => {
      const batch = batchOf(1, 100, timestamp);
      return log.stage(batch, 0, batch.length).errorCode;
    };
    expect(stage(clock.wallMs() - 5001)).toBe(ErrorCode.INVALID_TIMESTAMP);
    expect(stage(clock.wallMs() + 1001)).toBe(ErrorCode.INVALID_TIMESTAMP);
    expect(stage(clock.wallMs() - 5000)).toBe(ErrorCode.NONE);
    expect(stage(clock.wallMs() + 1000)).toBe(ErrorCode.NONE);
    expect(stage(-1)).toBe(ErrorCode.NONE);
  });

  test("LogAppendTime stamps the header, and the checksum is right again", () => {
    const { disk, log, clock } = openedLog({ messageTimestampType: "LogAppendTime" });
    clock.advance(777);
    const batch = batchOf(2, 100, 5);
    const outcome = log.stage(batch, 0, batch.length);
    expect(outcome.logAppendTimeMs).toBe(clock.wallMs());
    log.commit();
    sync(disk, log);
    const stored = fetchBytes(disk, log, 0);
    expect(recordBatch.isLogAppendTime(stored, 0)).toBe(true);
    expect(recordBatch.maxTimestamp(stored, 0)).toBe(clock.wallMs());
    expect(recordBatch.crc(stored, 0)).toBe(recordBatch.computeCrc(stored, 0));
    expect(log.offsetForTimestamp(6)).toMatchObject({ offset: 0, timestamp: clock.wallMs() });
  });

  test("control and transactional batches of clients are refused", () => {
    const { log } = openedLog();
    const control = batchOf(1, 100, 1, { isControl: true });
    expect(log.stage(control, 0, control.length).errorCode).toBe(ErrorCode.INVALID_RECORD);
    const transactional = batchOf(1, 100, 1, {
      isTransactional: true,
      producerId: 1,
      producerEpoch: 0,
      baseSequence: 0,
    });
    expect(log.stage(transactional, 0, transactional.length).errorCode).toBe(ErrorCode.INVALID_TXN_STATE);
  });

  test("a segment ends before segment.bytes; no sync on the request path at the roll", () => {
    const { disk, log } = openedLog({ segmentBytes: 1000 });
    disk.counts.clear();
    for (let count = 0; count < 10; count++) append(log, batchOf(1, 400));
    expect(disk.counts.get("sync") ?? 0).toBe(0);
    expect(disk.counts.get("syncDirectory") ?? 0).toBe(0);
    const logs = disk.list(DIRECTORY).filter((name) => name.endsWith(".log"));
    expect(logs).toEqual([0, 2, 4, 6, 8].map((offset) => `${String(offset).padStart(20, "0")}.log`));
    const ticket = log.beginSync()!;
    expect(ticket.directories).toEqual([DIRECTORY]);
    // Five segments, and two index files of each of the four sealed ones.
    expect(ticket.fds.length).toBe(5 + 8);
    log.completeSync(ticket, null);
    expect(log.fields.syncedOffset).toBe(10);
  });

  test("a roll between two staged batches is announced before", () => {
    const { log } = openedLog({ segmentBytes: 1000 });
    const batch = batchOf(1, 600);
    expect(log.needsCommitBefore(batch.length)).toBe(false);
    log.stage(batch, 0, batch.length);
    expect(log.needsCommitBefore(batch.length)).toBe(true);
    expect(log.needsCommitBefore(300)).toBe(false);
    log.commit();
    expect(log.needsCommitBefore(batch.length)).toBe(false);
    expect(append(log, batch.slice())).toBe(1);
  });

  test("a segment rolls by the batches' time, by its index size, and by age when nobody appends", () => {
    const { disk, log, clock } = openedLog({
      segmentMs: 10_000,
      segmentIndexBytes: 48,
      indexIntervalBytes: 0,
    });
    const logs = () => disk.list(DIRECTORY).filter((name) => name.endsWith(".log")).length;
    append(log, batchOf(1, 100, clock.wallMs()));
    append(log, batchOf(1, 100, clock.wallMs() + 10_000));
    expect(logs()).toBe(1);
    append(log, batchOf(1, 100, clock.wallMs() + 10_001));
    expect(logs()).toBe(2);
    // Room for four entries of the time index, of which one is for the roll.
    for (let count = 0; count < 6; count++) append(log, batchOf(1, 100, clock.wallMs() + 10_002 + count));
    expect(logs()).toBe(3);
    clock.advance(10_001);
    expect(log.maintain().rolled).toBe(true);
    expect(log.maintain().rolled).toBe(false);
    expect(logs()).toBe(4);
  });

  test("write-back is started in steps, on fresh bytes only", () => {
    const { disk, log } = openedLog({ segmentBytes: 64 * 1024 * 1024 });
    for (let count = 0; count < 20; count++) append(log, batchOf(1, 900_000));
    expect(disk.writebacks.length).toBeGreaterThan(2);
    let position = 0;
    for (const writeback of disk.writebacks) {
      expect(writeback.position).toBe(position);
      position += writeback.length;
    }
  });
});

describe("fetch", () => {
  test("brings the batches as they were appended, with offset and epoch stamped", () => {
    const { disk, log } = openedLog();
    const first = batchOf(3);
    const second = batchOf(2);
    expect(append(log, first)).toBe(0);
    expect(append(log, second)).toBe(3);
    sync(disk, log);
    const bytes = fetchBytes(disk, log, 0);
    expect(bytes).toEqual(new Uint8Array([...first, ...second]));
    expect(recordBatch.baseOffset(bytes, first.length)).toBe(3);
    expect(recordBatch.leaderEpoch(bytes, first.length)).toBe(0);
    expect(fetchBytes(disk, log, 4)).toEqual(second);
  });

  test("ends at the high watermark; beyond the log it is out of range", () => {
    const { disk, log } = openedLog();
    append(log, batchOf(2));
    sync(disk, log);
    append(log, batchOf(2));
    expect(fetchBytes(disk, log, 0).length).toBe(batchOf(2).length);
    expect(log.planFetch(2, 1000, true, "high-watermark")).toMatchObject({ errorCode: 0, length: 0 });
    expect(log.planFetch(3, 1000, true, "last-stable")).toMatchObject({ errorCode: 0, length: 0 });
    expect(fetchBytes(disk, log, 2, 1000, "log-end").length).toBe(batchOf(2).length);
    expect(log.planFetch(4, 1000, true, "log-end")).toMatchObject({ errorCode: 0, length: 0 });
    expect(log.planFetch(5, 1000, true, "log-end").errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
    expect(log.planFetch(-1, 1000, true, "log-end").errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
  });

  test("limits: trimmed to whole batches by the index; one batch is owed or none", () => {
    const { disk, log } = openedLog({ indexIntervalBytes: 100 });
    const size = batchOf(1, 500).length;
    for (let count = 0; count < 10; count++) append(log, batchOf(1, 500));
    sync(disk, log);
    expect(log.planFetch(0, size * 3 + 10, false, "high-watermark").length).toBe(size * 3);
    expect(log.planFetch(2, size * 3, false, "high-watermark")).toMatchObject({
      position: size * 2,
      length: size * 3,
    });
    expect(log.planFetch(0, 10, true, "high-watermark").length).toBe(size);
    expect(log.planFetch(0, 10, false, "high-watermark").length).toBe(0);
    expect(log.planFetch(9, 1_000_000, false, "high-watermark").length).toBe(size);
  });

  test("between two index entries the last batch may be cut", () => {
    const { disk, log } = openedLog({ indexIntervalBytes: 1_000_000 });
    for (let count = 0; count < 10; count++) append(log, batchOf(1, 500));
    sync(disk, log);
    expect(log.planFetch(0, 1234, false, "high-watermark").length).toBe(1234);
  });

  test("says what of a span is cold, and that a sequential reader wants more read ahead", () => {
    const { disk, log } = openedLog();
    for (let count = 0; count < 10; count++) append(log, batchOf(1, 500));
    sync(disk, log);
    const twoBatches = batchOf(1, 500).byteLength * 2;
    expect(log.coldRange(log.planFetch(0, twoBatches, false, "high-watermark"))).toBeNull();
    disk.isCold = true;
    const { fd, position, length } = log.planFetch(2, 1100, false, "high-watermark");
    const cold = log.coldRange(log.planFetch(2, 1100, false, "high-watermark"))!;
    expect(cold).toMatchObject({ fd, position, length });
    expect(cold.aheadBytes).toBeGreaterThan(0);
    expect(log.coldRange(log.planFetch(8, 1100, false, "high-watermark"))).toMatchObject({ aheadBytes: 0 });
  });
});
