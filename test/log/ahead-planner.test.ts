import { describe, expect, test } from "vitest";
import { SPANS_AHEAD_MAX } from "../../src/io/partition-messages.ts";
import type { PartitionLog } from "../../src/log/partition-log.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import {
  append,
  batchOf,
  emptyDisk,
  environmentOn,
  fetchBytes,
  opening,
  openLog,
  sync,
} from "./log-harness.ts";

/** Each batch has 200 bytes or a little more, and an entry in the index. */
function filledLog(batches: number, config = {}) {
  const disk = emptyDisk();
  const log = openLog(environmentOn(disk), opening({ indexIntervalBytes: 1, ...config }));
  for (let count = 0; count < batches; count++) append(log, batchOf(1, 200));
  sync(disk, log);
  return { disk, log };
}

/** Offset and length of each planned span. */
function spans(log: PartitionLog, offset: number, bytesMax: number) {
  const { count, offsets, positions, end } = log.planAhead(offset, bytesMax);
  return Array.from({ length: count }, (_, span) => ({
    offset: offsets[span]!,
    length: (span + 1 < count ? positions[span + 1]! : end) - positions[span]!,
  }));
}

describe("planAhead()", () => {
  test("plans what the fetches behind the first one would bring, as many as one answer holds", () => {
    const { disk, log } = filledLog(100);
    const planned = spans(log, 0, 1000);
    expect(planned).toHaveLength(SPANS_AHEAD_MAX);
    for (const { offset, length } of planned) {
      expect(fetchBytes(disk, log, offset, 1000)).toHaveLength(length);
    }
    expect(log.planAhead(0, 1000).moreAbove).toBeLessThan(99);
  });

  test("leaves out a span that the next append would make longer, but not the last one of a closed segment", () => {
    const { log } = filledLog(12, { segmentBytes: 2200 });
    const segmentEnd = 10;
    const planned = spans(log, 0, 900);
    expect(planned.at(-1)!.offset).toBeLessThan(segmentEnd);
    expect(log.planAhead(0, 900).moreAbove).toBe(segmentEnd);
    // Behind the closed segment's last span only a tail is left.
    expect(spans(log, planned.at(-1)!.offset, 900)).toEqual([]);
    for (let count = 0; count < 6; count++) append(log, batchOf(1, 200));
    expect(spans(log, planned.at(-1)!.offset, 900)).toEqual([]);
  });

  test("goes on in the next segment", () => {
    const { disk, log } = filledLog(40, { segmentBytes: 2200 });
    const [first] = spans(log, 9, 900);
    expect(first!.offset).toBe(10);
    expect(fetchBytes(disk, log, 10, 900)).toHaveLength(first!.length);
  });

  test("plans nothing behind a span that ends within a batch", () => {
    const { log } = filledLog(40, { indexIntervalBytes: 1_000_000 });
    expect(spans(log, 0, 900)).toEqual([]);
  });

  test("takes nothing within a batch for a batch, however much it looks like one", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk), opening({ indexIntervalBytes: 1_000_000 }));
    const inner = batchOf(1, 300);
    const outer = encodeRecordBatch({
      records: [{ value: Buffer.concat([inner, inner, inner]), timestamp: 1_700_000_000_000 }],
    });
    const innerAt = Buffer.from(outer).indexOf(inner);
    append(log, batchOf(1, 200));
    append(log, outer);
    append(log, batchOf(1, 200));
    sync(disk, log);
    const bytesMax = batchOf(1, 200).byteLength + innerAt;
    expect(fetchBytes(disk, log, 0, bytesMax)).toHaveLength(bytesMax);
    expect(spans(log, 0, bytesMax)).toEqual([]);
  });

  test("plans nothing in a cold file", () => {
    const { disk, log } = filledLog(100);
    disk.isCold = true;
    expect(spans(log, 0, 1000)).toEqual([]);
  });

  test("plans nothing for offsets outside the log, and at the watermark", () => {
    const { log } = filledLog(10);
    for (const offset of [-1, 10, 11]) expect(spans(log, offset, 300)).toEqual([]);
  });
});
