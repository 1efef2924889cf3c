import { describe, expect, test } from "vitest";
import { allocateSpanPins, SpanPins } from "../../src/io/span-pins.ts";
import { type SegmentAge, segmentsToDelete } from "../../src/log/retention.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { ManualClock } from "../support/manual-clock.ts";
import {
  append,
  batchOf,
  CONFIG,
  DIRECTORY,
  emptyDisk,
  environmentOn,
  opening,
  openLog,
  readSpan,
  sync,
} from "./log-harness.ts";

const SEGMENT = { segmentBytes: 1000 };

function filledLog(config = {}, batches = 10) {
  const disk = emptyDisk();
  const clock = new ManualClock();
  const pins = new SpanPins(allocateSpanPins(16));
  const environment = environmentOn(disk, clock, { pins });
  const log = openLog(environment, opening({ ...SEGMENT, ...config }));
  for (let count = 0; count < batches; count++) append(log, batchOf(1, 400, clock.wallMs()));
  sync(disk, log);
  const names = (suffix: string) => disk.list(DIRECTORY).filter((name) => name.endsWith(suffix));
  return { disk, clock, pins, environment, log, names };
}

describe("which segments go (pure)", () => {
  const ages = (...list: readonly [size: number, newestMs: number, endOffset: number][]): SegmentAge[] =>
    list.map(([size, newestMs, endOffset]) => ({ size, newestMs, endOffset }));
  const three = ages([100, 10, 5], [100, 50, 9], [100, 20, 12]);

  test("by age, the oldest in a row", () => {
    const config = { ...CONFIG, retentionMs: 60 };
    expect(segmentsToDelete(three, 300, config, 0, 70)).toBe(0);
    expect(segmentsToDelete(three, 300, config, 0, 71)).toBe(1);
    expect(segmentsToDelete(three, 300, config, 0, 111)).toBe(3);
  });

  test("by size, as long as what is left reaches retention.bytes", () => {
    expect(segmentsToDelete(three, 300, { ...CONFIG, retentionBytes: 200 }, 0, 0)).toBe(1);
    expect(segmentsToDelete(three, 300, { ...CONFIG, retentionBytes: 201 }, 0, 0)).toBe(0);
    expect(segmentsToDelete(three, 300, { ...CONFIG, retentionBytes: 0 }, 0, 0)).toBe(3);
  });

  test("below the log start, and never without a limit", () => {
    expect(segmentsToDelete(three, 300, CONFIG, 8, 1e15)).toBe(1);
    expect(segmentsToDelete(three, 300, CONFIG, 9, 1e15)).toBe(2);
    expect(segmentsToDelete(three, 300, CONFIG, 0, 1e15)).toBe(0);
  });
});

describe("retention", () => {
  test("by bytes: whole segments leave, the log start moves, files go after file.delete.delay.ms", () => {
    const { disk, clock, log, names } = filledLog({ retentionBytes: 1600, fileDeleteDelayMs: 500 });
    expect(log.maintain()).toMatchObject({ segmentsDeleted: 3, filesRemoved: 0 });
    expect(log.fields.logStartOffset).toBe(6);
    expect(log.planFetch(5, 1000, true, "high-watermark").errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
    expect(log.planFetch(6, 1000, true, "high-watermark").errorCode).toBe(ErrorCode.NONE);
    expect(names(".log.deleted").length).toBe(3);
    clock.advance(500);
    // The renames are not on disk yet: what a crash would bring back must still be told apart.
    expect(log.maintain().filesRemoved).toBe(0);
    sync(disk, log);
    expect(log.maintain().filesRemoved).toBe(9);
    expect(names(".deleted")).toEqual([]);
  });

  test("by time, also the active segment: an empty one takes its place first and keeps the log's end", () => {
    const { disk, clock, log, names } = filledLog({ retentionMs: 1000 });
    clock.advance(1001);
    expect(log.maintain()).toMatchObject({ rolled: true, segmentsDeleted: 4 });
    expect(log.fields).toMatchObject({ logStartOffset: 8, endOffset: 10 });
    sync(disk, log);
    expect(log.maintain().segmentsDeleted).toBe(1);
    expect(log.fields).toMatchObject({ logStartOffset: 10, endOffset: 10 });
    expect(names(".log")).toEqual(["00000000000000000010.log"]);
    const reopened = openLog(environmentOn(disk.crashed(3), clock), opening({}, { recoveryPoint: 10 }));
    expect(reopened.fields).toMatchObject({ endOffset: 10 });
    expect(append(reopened, batchOf(1))).toBe(10);
  });

  test("keeps what is not synced, and what has no durable successor", () => {
    const { disk, log } = filledLog({ retentionBytes: 0 }, 0);
    for (let count = 0; count < 6; count++) append(log, batchOf(1, 400));
    expect(log.maintain().segmentsDeleted).toBe(0);
    log.updateConfig({ ...opening({ ...SEGMENT, retentionBytes: 0 }).config, writeCaching: true });
    expect(log.fields.highWatermark).toBe(6);
    expect(log.maintain().segmentsDeleted).toBe(0);
    sync(disk, log);
    expect(log.maintain().segmentsDeleted).toBeGreaterThan(0);
  });

  test("a fetch under way on a deleted segment finishes", () => {
    const { disk, clock, pins, log } = filledLog({ retentionBytes: 1600, fileDeleteDelayMs: 0 });
    const { slot, fd, position, length } = log.planFetch(0, 1000, true, "high-watermark");
    pins.pin(slot);
    expect(log.maintain().segmentsDeleted).toBe(3);
    sync(disk, log);
    clock.advance(1);
    expect(log.maintain().filesRemoved).toBe(9);
    expect(readSpan(disk, fd, position, length).length).toBe(length);
    log.maintain();
    expect(disk.isOpen(fd)).toBe(true);
    pins.unpin(slot);
    log.maintain();
    expect(disk.isOpen(fd)).toBe(false);
  });

  test("a deletion that a crash interrupted is finished at the next open, whichever renames survived", () => {
    const { disk, clock, log } = filledLog({ retentionBytes: 1600 });
    log.maintain();
    for (let seed = 0; seed < 60; seed++) {
      const survivor = disk.crashed(seed);
      const how = opening({ ...SEGMENT, retentionBytes: 1600 }, { recoveryPoint: 10 });
      const reopened = openLog(environmentOn(survivor, clock), how);
      expect(reopened.fields.endOffset).toBe(10);
      expect(reopened.fields.logStartOffset).toBeLessThanOrEqual(6);
      for (let offset = reopened.fields.logStartOffset; offset < 10; offset++) {
        expect(reopened.planFetch(offset, 1, true, "high-watermark").errorCode).toBe(ErrorCode.NONE);
      }
      reopened.maintain();
      sync(survivor, reopened);
      clock.advance(60_000);
      reopened.maintain();
      expect(survivor.list(DIRECTORY).filter((name) => name.endsWith(".deleted"))).toEqual([]);
    }
  });

  test("a .deleted file that no live segment leads to takes nothing with it", () => {
    const { disk, log } = filledLog();
    log.close();
    disk.plant(`${DIRECTORY}/00000000000000000003.log.deleted`, new Uint8Array(10));
    const reopened = openLog(environmentOn(disk), opening(SEGMENT, { wasCleanShutdown: true }));
    expect(reopened.fields).toMatchObject({ logStartOffset: 0, endOffset: 10 });
    sync(disk, reopened);
    reopened.maintain();
    expect(reopened.planFetch(2, 1, true, "high-watermark").errorCode).toBe(ErrorCode.NONE);
  });

  test("segments below the log start offset of the checkpoint are not served, and go", () => {
    const { disk, log } = filledLog();
    log.close();
    const how = opening(SEGMENT, { wasCleanShutdown: true, logStartOffset: 5 });
    const reopened = openLog(environmentOn(disk), how);
    expect(reopened.fields.logStartOffset).toBe(5);
    expect(reopened.planFetch(4, 1, true, "high-watermark").errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
    expect(reopened.maintain().segmentsDeleted).toBe(2);
    expect(reopened.fields.logStartOffset).toBe(5);
  });
});
