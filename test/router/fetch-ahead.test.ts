import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { FileDescriptor } from "../../src/base/units.ts";
import { PARTITION_STATE_BYTES, PARTITION_STATUS, PartitionState } from "../../src/io/partition-state.ts";
import { allocateSpanPins, SpanPins } from "../../src/io/span-pins.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import {
  AHEAD_MS_MAX,
  AHEAD_RUNS_PER_PARTITION_MAX,
  type AskAhead,
  FetchAhead,
} from "../../src/router/fetch-ahead.ts";
import { AheadHarness, nextOffset } from "../support/ahead-harness.ts";

/** Holds three or four of the batches below. */
const BYTES_MAX = 700;
const BATCHES = Array.from({ length: 60 }, (_, index) => 80 + (index % 7) * 10);

async function sequentialReader() {
  const harness = new AheadHarness();
  await harness.open();
  await harness.append(...BATCHES);
  const next = await harness.readUntilPlanned(0, BYTES_MAX);
  return { harness, next };
}

describe("a reader that goes on where it stopped", () => {
  test("is answered without a round trip, with the very bytes of one", async () => {
    const { harness, next } = await sequentialReader();
    let planned = 0;
    for (let offset = next; offset < BATCHES.length; ) {
      if (await harness.isPlanned(offset, BYTES_MAX)) planned++;
      const brought = await harness.fetch(offset, BYTES_MAX);
      expect(brought).toEqual(await harness.fetchUnplanned(offset, BYTES_MAX));
      offset = nextOffset(brought, offset);
    }
    expect(planned).toBeGreaterThan(8);
    expect(harness.thread.pinCount).toBe(harness.partition.ahead.runCount);
    harness.partition.ahead.clear();
    expect(harness.thread.pinCount).toBe(0);
  });

  test("is one only after two fetches that went on, and nobody else is read ahead for", async () => {
    const harness = new AheadHarness();
    await harness.open();
    await harness.append(...BATCHES);
    let offset = 0;
    for (let fetches = 0; fetches < 2; fetches++) {
      offset = nextOffset(await harness.fetch(offset, BYTES_MAX), offset);
      expect(harness.partition.ahead.runCount).toBe(0);
    }
    await harness.fetch(offset, BYTES_MAX);
    expect(harness.partition.ahead.runCount).toBe(1);
    harness.partition.ahead.clear();
    for (const jump of [40, 3, 17, 51, 22, 8, 33]) await harness.fetch(jump, BYTES_MAX);
    expect(harness.partition.ahead.runCount).toBe(0);
  });

  test("who jumps gets what lies at the offset asked for", async () => {
    const { harness, next } = await sequentialReader();
    for (const offset of [next + 1, next, next + 2, 0, next + 5, 59, next]) {
      expect(await harness.fetch(offset, BYTES_MAX)).toEqual(await harness.fetchUnplanned(offset, BYTES_MAX));
    }
  });

  test("another limit is another plan", async () => {
    const { harness, next } = await sequentialReader();
    expect(await harness.isPlanned(next, BYTES_MAX)).toBe(true);
    expect(await harness.isPlanned(next, BYTES_MAX - 1)).toBe(false);
  });

  test("at the tail nothing is planned that the next append would make longer", async () => {
    const { harness, next } = await sequentialReader();
    let offset = next;
    for (let round = 0; round < 30; round++) {
      offset = nextOffset(await harness.fetch(offset, BYTES_MAX), offset);
      await harness.append(90);
      const wanted = await harness.fetchUnplanned(offset, BYTES_MAX);
      expect(await harness.fetch(offset, BYTES_MAX)).toEqual(wanted);
    }
  });
});

describe("what was planned is dropped", () => {
  test("when the log start moves past it, and the deleted file is closed", async () => {
    const { harness, next } = await sequentialReader();
    expect(await harness.isPlanned(next, BYTES_MAX)).toBe(true);
    const config = { ...harness.partition.opening.config, retentionBytes: 1_000 };
    await harness.thread.until(harness.router.configurePartition(harness.partition, config));
    await harness.maintain();
    expect(harness.partition.state.logStartOffset()).toBeGreaterThan(next);
    expect(await harness.fetch(next, BYTES_MAX)).toMatchObject({
      errorCode: ErrorCode.OFFSET_OUT_OF_RANGE,
      bytes: null,
    });
    expect(harness.partition.ahead.runCount).toBe(0);
    expect(harness.thread.pinCount).toBe(0);
    harness.thread.duty!.tick();
    expect(harness.thread.duty!.environment.handles.lingering).toBe(0);
  });

  test("when the topic is deleted, and a new one with its name knows nothing of it", async () => {
    const { harness, next } = await sequentialReader();
    const old = harness.partition;
    const [oldThread] = harness.threads;
    const deleted = harness.router.deletePartition(old);
    await harness.thread.until(deleted);
    expect(old.ahead.runCount).toBe(0);
    expect(oldThread!.pinCount).toBe(0);
    const answer = await harness.router.planFetch(old, next, BYTES_MAX, true, "high-watermark");
    expect(answer).toMatchObject({ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, span: null });
    await harness.open();
    await harness.append(...BATCHES.toReversed());
    expect(await harness.isPlanned(next, BYTES_MAX)).toBe(false);
    expect(await harness.fetch(next, BYTES_MAX)).toEqual(await harness.fetchUnplanned(next, BYTES_MAX));
  });

  test("when the leader epoch changes", async () => {
    const { harness, next } = await sequentialReader();
    const { state, ahead } = harness.partition;
    const fields = state.read();
    state.publish({ ...fields, leaderEpoch: fields.leaderEpoch + 1 });
    expect(await harness.isPlanned(next, BYTES_MAX)).toBe(false);
    expect(harness.thread.pinCount).toBe(ahead.runCount);
  });

  test("when the partition goes offline", async () => {
    const { harness, next } = await sequentialReader();
    harness.partition.state.setStatus(PARTITION_STATUS.OFFLINE);
    const answer = await harness.fetch(next, BYTES_MAX);
    expect(answer.errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    expect(harness.thread.pinCount).toBe(0);
  });

  test("when its thread dies, with what the thread had still answered", async () => {
    const { harness, next } = await sequentialReader();
    const { thread, partition } = harness;
    // Asked for and answered, but not yet taken from the ring.
    partition.ahead.clear();
    const fetched = harness.router.planFetch(partition, next, BYTES_MAX, true, "high-watermark");
    (await thread.until(fetched)).release!();
    await Promise.resolve();
    thread.duty!.turn();
    expect(thread.pinCount).toBe(1);
    thread.exit("killed by the test");
    expect(partition.ahead.runCount).toBe(0);
    expect(thread.pinCount).toBe(0);
    const answer = await harness.router.planFetch(partition, next, BYTES_MAX, true, "high-watermark");
    expect(answer.errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    await harness.router.close();
  });

  test("when the broker stops", async () => {
    const { harness } = await sequentialReader();
    const { thread } = harness;
    await thread.until(harness.router.close());
    expect(thread.pinCount).toBe(0);
  });
});

/** A worker that plans one span of 10 bytes and 10 offsets for each request; keeps every pin in one slot. */
function alone() {
  const memory = allocateSpanPins(4);
  const pins = new SpanPins(memory);
  const slot = pins.open(3 as FileDescriptor);
  const state = new PartitionState(new SharedArrayBuffer(PARTITION_STATE_BYTES), 0);
  state.publish({
    logStartOffset: 0,
    highWatermark: 1e6,
    lastStableOffset: 1e6,
    endOffset: 1e6,
    syncedOffset: 1e6,
    highWatermarkBytes: 1e6,
    leaderEpoch: 0,
    status: PARTITION_STATUS.ONLINE,
  });
  const clock = { nowMs: 0 };
  let asked = 0;
  /** Answers that the worker holds back, while it does. */
  const late: { answers: (() => void)[] | null } = { answers: null };
  const ask: AskAhead = (offset, _bytesMax, planned) => {
    asked++;
    pins.pin(slot);
    const answer = () =>
      planned(
        {
          slot,
          fd: 3 as FileDescriptor,
          offsets: [offset + 10, offset + 20],
          positions: [offset + 10, offset + 20],
          end: offset + 30,
          moreAbove: offset + 30,
        },
        pins,
      );
    if (late.answers === null) answer();
    else late.answers.push(answer);
  };
  const ahead = new FetchAhead(ask, () => clock.nowMs);
  const read = (offset: number): void =>
    ahead.answered(state, offset, 10, { slot, position: offset, length: 10, isCutShort: true });
  return {
    ahead,
    state,
    clock,
    late,
    read,
    pinCount: () => new Int32Array(memory)[slot * 2 + 1],
    asked: () => asked,
  };
}

describe("limits", () => {
  test(`a run is let go after ${AHEAD_MS_MAX} ms, whether somebody asks or not`, () => {
    vi.useFakeTimers();
    try {
      const { ahead, state, clock, read, pinCount } = alone();
      for (const offset of [0, 10, 20]) read(offset);
      expect(pinCount()).toBe(1);
      clock.nowMs = AHEAD_MS_MAX;
      expect(ahead.take(state, 30, 10, true)).toBe(null);
      expect(pinCount()).toBe(0);
      for (const offset of [100, 110, 120]) read(offset);
      expect(pinCount()).toBe(1);
      clock.nowMs += AHEAD_MS_MAX;
      vi.advanceTimersByTime(AHEAD_MS_MAX);
      expect(pinCount()).toBe(0);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("a reader that is faster than the answer is planned for once", () => {
    const { late, read, asked } = alone();
    late.answers = [];
    for (let offset = 0; offset < 100; offset += 10) read(offset);
    expect(asked()).toBe(1);
  });

  test("what comes when everything was let go is let go too", () => {
    const { ahead, late, read, pinCount } = alone();
    late.answers = [];
    for (const offset of [0, 10, 20]) read(offset);
    expect(pinCount()).toBe(1);
    ahead.clear();
    for (const answer of late.answers) answer();
    expect(ahead.runCount).toBe(0);
    expect(pinCount()).toBe(0);
  });

  test("readers beyond the limit are not planned for, and drive nobody out", () => {
    const { ahead, state, read, pinCount, asked } = alone();
    const readers = Array.from({ length: AHEAD_RUNS_PER_PARTITION_MAX * 2 }, (_, reader) => reader * 1000);
    for (const step of [0, 10, 20]) for (const start of readers) read(start + step);
    expect(ahead.runCount).toBe(AHEAD_RUNS_PER_PARTITION_MAX);
    expect(pinCount()).toBe(AHEAD_RUNS_PER_PARTITION_MAX);
    expect(asked()).toBe(AHEAD_RUNS_PER_PARTITION_MAX);
    ahead.take(state, 30, 10, true)!.release!();
    ahead.clear();
    expect(pinCount()).toBe(0);
  });

  test("a span of one batch beyond the limit is only for who is owed a batch", async () => {
    const harness = new AheadHarness();
    await harness.open();
    await harness.append(...BATCHES.slice(0, 20).map((bytes) => bytes * 3));
    const next = await harness.readUntilPlanned(0, 150);
    for (const minOneBatch of [false, true]) {
      expect(await harness.fetch(next, 150, minOneBatch)).toEqual(
        await harness.fetchUnplanned(next, 150, minOneBatch),
      );
    }
  });
});

type Step =
  | { readonly kind: "append"; readonly valueBytes: readonly number[] }
  | { readonly kind: "read"; readonly reader: number; readonly times: number }
  | { readonly kind: "seek"; readonly reader: number; readonly share: number }
  | { readonly kind: "retain"; readonly bytes: number }
  | { readonly kind: "expire" }
  | { readonly kind: "cold"; readonly isCold: boolean };

const READER_BYTES_MAX = [300, 700, 700, 1_500, 5_000];

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      valueBytes: fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 12 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("read" as const),
      reader: fc.nat(READER_BYTES_MAX.length - 1),
      times: fc.integer({ min: 1, max: 8 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("seek" as const),
      reader: fc.nat(READER_BYTES_MAX.length - 1),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("retain" as const),
      bytes: fc.integer({ min: 100, max: 20_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "expire" as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cold" as const), isCold: fc.boolean() }) },
);

test("whatever is appended, deleted and read in between, every fetch brings what it would bring unplanned", async () => {
  let planned = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(1, 500),
      fc.array(step, { minLength: 20, maxLength: 60 }),
      async (indexIntervalBytes, steps) => {
        const harness = new AheadHarness();
        const { state, ahead } = await harness.open({ indexIntervalBytes });
        await harness.append(...BATCHES);
        const offsets = READER_BYTES_MAX.map(() => 0);
        for (const now of steps) {
          if (now.kind === "append") await harness.append(...now.valueBytes);
          else if (now.kind === "cold") harness.isCold = now.isCold;
          else if (now.kind === "expire") ahead.clear();
          else if (now.kind === "seek") {
            offsets[now.reader] = Math.floor(now.share * state.highWatermark());
          } else if (now.kind === "retain") {
            const config = { ...harness.partition.opening.config, retentionBytes: now.bytes };
            await harness.thread.until(harness.router.configurePartition(harness.partition, config));
            await harness.maintain();
          } else {
            const bytesMax = READER_BYTES_MAX[now.reader]!;
            for (let time = 0; time < now.times; time++) {
              const offset = offsets[now.reader]!;
              const wanted = await harness.fetchUnplanned(offset, bytesMax);
              const runs = ahead.runCount;
              expect(await harness.fetch(offset, bytesMax)).toEqual(wanted);
              if (runs > 0) planned++;
              offsets[now.reader] =
                wanted.errorCode === ErrorCode.NONE ? nextOffset(wanted, offset) : state.logStartOffset();
            }
          }
          expect(harness.thread.pinCount).toBe(ahead.runCount);
          expect(ahead.runCount).toBeLessThanOrEqual(AHEAD_RUNS_PER_PARTITION_MAX);
        }
        ahead.clear();
        expect(harness.thread.pinCount).toBe(0);
        await harness.close();
      },
    ),
    { numRuns: 25 },
  );
  expect(planned).toBeGreaterThan(100);
}, 120_000);
