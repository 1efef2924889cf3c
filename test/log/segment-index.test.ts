import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Offset } from "../../src/base/units.ts";
import { OffsetIndex } from "../../src/log/offset-index.ts";
import { SegmentIndex } from "../../src/log/segment-index.ts";
import { TimeIndex } from "../../src/log/time-index.ts";

const BASE = 1000 as Offset;
const INTERVAL = 300;

interface Batch {
  readonly lastOffset: number;
  readonly timestampMs: number;
  readonly position: number;
  readonly length: number;
}

const batches = fc
  .array(
    fc.record({
      records: fc.integer({ min: 1, max: 5 }),
      timestampMs: fc.integer({ min: -1, max: 50 }),
      length: fc.integer({ min: 61, max: 500 }),
    }),
    { maxLength: 80 },
  )
  .map((parts) => {
    let offset: number = BASE;
    let position = 0;
    return parts.map(({ records, timestampMs, length }): Batch => {
      const batch = { lastOffset: offset + records - 1, timestampMs, position, length };
      offset += records;
      position += length;
      return batch;
    });
  });

function add(index: SegmentIndex, added: readonly Batch[]): SegmentIndex {
  for (const { lastOffset, timestampMs, position, length } of added) {
    index.add(lastOffset, timestampMs, position, length, INTERVAL);
  }
  return index;
}

const filesOf = (index: SegmentIndex) => [index.offsets.table.fileBytes(), index.times.table.fileBytes()];

describe("segment index", () => {
  test("leads to a batch at or before the one asked for, within about one interval (property)", () => {
    fc.assert(
      fc.property(batches, (all) => {
        const index = add(new SegmentIndex(BASE), all);
        for (const [place, batch] of all.entries()) {
          const start = all.findIndex(({ position }) => position === index.scanStart(batch.lastOffset));
          expect(start).toBeGreaterThanOrEqual(0);
          expect(start).toBeLessThanOrEqual(place);
          const skipped = all.slice(start + 1, place).reduce((sum, { length }) => sum + length, 0);
          expect(skipped).toBeLessThanOrEqual(INTERVAL + 500);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("by time: nothing before the start is late enough, and the first that is comes soon (property)", () => {
    fc.assert(
      fc.property(batches, fc.integer({ min: 0, max: 50 }), (all, targetMs) => {
        const index = add(new SegmentIndex(BASE), all);
        const first = all.findIndex(({ timestampMs }) => timestampMs >= targetMs);
        if (first < 0) return;
        const start = all.findIndex(({ position }) => position === index.scanStartForTimestamp(targetMs));
        expect(start).toBeLessThanOrEqual(first);
        const skipped = all.slice(start + 1, first).reduce((sum, { length }) => sum + length, 0);
        expect(skipped).toBeLessThanOrEqual(2 * (INTERVAL + 500));
      }),
      { numRuns: 300 },
    );
  });

  test("goes on after a rewind, from memory or from files, as if nothing had happened (property)", () => {
    fc.assert(
      fc.property(batches, fc.nat(80), fc.boolean(), (all, cut, isReloaded) => {
        const straight = add(new SegmentIndex(BASE), all);
        let index = add(new SegmentIndex(BASE), all);
        index.finish();
        if (isReloaded) {
          const [offsets, times] = filesOf(index).map((file) => file.slice());
          index = new SegmentIndex(BASE, new OffsetIndex(offsets), new TimeIndex(times));
        }
        const at = Math.min(cut, all.length);
        const offset = at === 0 ? BASE : all[at - 1]!.lastOffset + 1;
        const resumeAt = index.rewindBelow(offset);
        add(
          index,
          all.filter(({ position }) => position >= resumeAt),
        );
        expect(filesOf(index)).toEqual(filesOf(straight));
        expect(index.largestTimestampMs).toBe(straight.largestTimestampMs);
        expect(index.offsetOfLargest).toBe(straight.offsetOfLargest);
      }),
      { numRuns: 300 },
    );
  });

  test("a torn file is not sane", () => {
    const index = add(
      new SegmentIndex(BASE),
      Array.from({ length: 40 }, (_, place) => ({
        lastOffset: BASE + place,
        timestampMs: place,
        position: place * 400,
        length: 400,
      })),
    );
    const [offsets, times] = filesOf(index).map((file) => file.slice()) as [Uint8Array, Uint8Array];
    expect(new OffsetIndex(offsets).isSane(16_000)).toBe(true);
    expect(new OffsetIndex(offsets).isSane(15_000)).toBe(false);
    offsets.fill(0, 64, 128);
    times.fill(0, 60, 120);
    expect(new OffsetIndex(offsets).isSane(16_000)).toBe(false);
    expect(new TimeIndex(times).isSane()).toBe(false);
  });
});
