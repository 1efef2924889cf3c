import { describe, expect, test } from "vitest";
import { allocateSpanPins, SpanPins } from "../../src/io/span-pins.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import {
  append,
  batchOf,
  emptyDisk,
  environmentOn,
  opening,
  openLog,
  readSpan,
  sync,
} from "./log-harness.ts";

function manySegments(openSegmentsMax: number, slots = 64) {
  const disk = emptyDisk();
  const pins = new SpanPins(allocateSpanPins(slots));
  const environment = environmentOn(disk, undefined, { openSegmentsMax, pins });
  const log = openLog(environment, opening({ segmentBytes: 1000 }));
  for (let count = 0; count < 20; count++) append(log, batchOf(1, 400));
  sync(disk, log);
  return { disk, pins, environment, log };
}

describe("open segments", () => {
  test("at most openSegmentsMax, over all partitions of a thread, beside the active ones", () => {
    const { disk, log, environment } = manySegments(3);
    const other = openLog(
      environment,
      opening({ segmentBytes: 1000 }, { directory: "/data/orders-1", partition: 1 }),
    );
    for (let count = 0; count < 20; count++) append(other, batchOf(1, 400));
    sync(disk, other);
    for (let offset = 0; offset < 20; offset++) {
      expect(log.planFetch(offset, 1, true, "high-watermark").errorCode).toBe(ErrorCode.NONE);
      expect(other.planFetch(offset, 1, true, "high-watermark").errorCode).toBe(ErrorCode.NONE);
    }
    expect(disk.openDescriptors).toBe(3 + 2);
  });

  test("the least used is closed, and opened again when it is read", () => {
    const { disk, log } = manySegments(2);
    const first = log.planFetch(0, 1, true, "high-watermark").fd;
    log.planFetch(2, 1, true, "high-watermark");
    log.planFetch(0, 1, true, "high-watermark");
    log.planFetch(4, 1, true, "high-watermark");
    expect(disk.isOpen(first)).toBe(true);
    log.planFetch(2, 1, true, "high-watermark");
    expect(disk.isOpen(first)).toBe(false);
    expect(log.planFetch(0, 1, true, "high-watermark").errorCode).toBe(ErrorCode.NONE);
  });

  test("a pinned descriptor outlives its eviction and its log, until it is unpinned", () => {
    const { disk, pins, environment, log } = manySegments(1);
    const { slot, fd, position, length } = log.planFetch(0, 1000, true, "high-watermark");
    pins.pin(slot);
    pins.pin(slot);
    for (let offset = 0; offset < 20; offset++) log.planFetch(offset, 1, true, "high-watermark");
    expect(log.close().ok).toBe(true);
    expect(readSpan(disk, fd, position, length).length).toBe(length);
    pins.unpin(slot);
    environment.handles.sweep();
    expect(disk.openDescriptors).toBe(1);
    pins.unpin(slot);
    environment.handles.sweep();
    expect(disk.openDescriptors).toBe(0);
    expect(environment.handles.lingering).toBe(0);
  });

  test("a full pin table refuses the fetch, and works again when a span is sent", () => {
    const { pins, log } = manySegments(8, 2);
    const first = { ...log.planFetch(0, 1, true, "high-watermark") };
    pins.pin(first.slot);
    pins.pin(log.planFetch(2, 1, true, "high-watermark").slot);
    expect(log.planFetch(4, 1, true, "high-watermark").errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    expect(log.failure).toBe(null);
    expect(log.planFetch(0, 1, true, "high-watermark").slot).toBe(first.slot);
  });
});
