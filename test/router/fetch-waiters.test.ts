import { describe, expect, test } from "vitest";
import { PARTITION_STATE_BYTES, PARTITION_STATUS, PartitionState } from "../../src/io/partition-state.ts";
import { NOT_QUEUED } from "../../src/router/deadline-queue.ts";
import { FETCH_WAITERS_MAX, FetchWaiters } from "../../src/router/fetch-waiters.ts";
import type { PartitionHandle, WatermarkWaiter } from "../../src/router/types.ts";

function partition(bytes = 0): PartitionHandle {
  const state = new PartitionState(new SharedArrayBuffer(PARTITION_STATE_BYTES), 0);
  publish(state, bytes);
  return { topic: "t", topicId: "id", partition: 0, state };
}

function publish(state: PartitionState, highWatermarkBytes: number): void {
  state.publish({
    logStartOffset: 0,
    highWatermark: highWatermarkBytes,
    lastStableOffset: highWatermarkBytes,
    endOffset: highWatermarkBytes,
    syncedOffset: highWatermarkBytes,
    highWatermarkBytes,
    leaderEpoch: 0,
    status: PARTITION_STATUS.ONLINE,
  });
}

class Waiter implements WatermarkWaiter {
  readonly handles: readonly PartitionHandle[];
  readonly bytesAwaited: number;
  deadlineMs = 0;
  deadlineAt: number = NOT_QUEUED;
  ends = 0;
  readonly ended = Promise.withResolvers<void>();

  constructor(handles: readonly PartitionHandle[], bytesAwaited: number) {
    this.handles = handles;
    this.bytesAwaited = bytesAwaited;
  }

  waitEnded(): void {
    this.ends++;
    this.ended.resolve();
  }
}

describe("FetchWaiters", () => {
  test("a wait ends when the partitions together have grown by enough, not before", () => {
    const waiters = new FetchWaiters();
    const [a, b] = [partition(100), partition(200)];
    const waiter = new Waiter([a, b], 350);
    expect(waiters.add(waiter, 60_000)).toBe(true);
    publish(a.state, 130);
    waiters.partitionChanged(a);
    expect(waiter.ends).toBe(0);
    publish(b.state, 220);
    waiters.partitionChanged(b);
    expect(waiter.ends).toBe(1);
    waiters.partitionChanged(a);
    waiters.partitionChanged(b);
    expect(waiter.ends).toBe(1);
    expect(waiters.count).toBe(0);
  });

  test("asks the worker for an event, and again after one that was not enough", () => {
    const waiters = new FetchWaiters();
    const handle = partition();
    const waiter = new Waiter([handle], 10);
    waiters.add(waiter, 60_000);
    expect(handle.state.takeWatermarkRequest()).toBe(true);
    publish(handle.state, 5);
    waiters.partitionChanged(handle);
    expect(handle.state.takeWatermarkRequest()).toBe(true);
    waiters.remove(waiter);
  });

  test("nobody waits for bytes that came between the look and the call", () => {
    const waiters = new FetchWaiters();
    const waiter = new Waiter([partition(64)], 64);
    expect(waiters.add(waiter, 60_000)).toBe(false);
    expect(waiter.ends).toBe(0);
    expect(waiters.count).toBe(0);
  });

  test("a wait ends when a partition goes offline", () => {
    const waiters = new FetchWaiters();
    const handle = partition();
    const waiter = new Waiter([handle], 1);
    waiters.add(waiter, 60_000);
    handle.state.setStatus(PARTITION_STATUS.OFFLINE);
    waiters.partitionChanged(handle);
    expect(waiter.ends).toBe(1);
  });

  test("who is removed is not told, and removing twice is removing once", () => {
    const waiters = new FetchWaiters();
    const handle = partition();
    const waiter = new Waiter([handle], 1);
    waiters.add(waiter, 60_000);
    waiters.remove(waiter);
    waiters.remove(waiter);
    publish(handle.state, 5);
    waiters.partitionChanged(handle);
    expect(waiter.ends).toBe(0);
    expect(waiters.count).toBe(0);
  });

  test("a wait ends at its deadline, and may begin anew from there", async () => {
    const waiters = new FetchWaiters();
    const waiter = new Waiter([partition()], 1);
    waiters.add(waiter, 5);
    await waiter.ended.promise;
    expect(waiter.ends).toBe(1);
    expect(waiters.count).toBe(0);
    expect(waiters.add(waiter, 60_000)).toBe(true);
    waiters.remove(waiter);
  });

  test("more than FETCH_WAITERS_MAX do not wait", () => {
    const waiters = new FetchWaiters();
    const handle = partition();
    const all = Array.from({ length: FETCH_WAITERS_MAX }, () => new Waiter([handle], 1));
    for (const waiter of all) waiters.add(waiter, 60_000);
    expect(waiters.count).toBe(FETCH_WAITERS_MAX);
    expect(waiters.add(new Waiter([handle], 1), 60_000)).toBe(false);
    expect(waiters.count).toBe(FETCH_WAITERS_MAX);
    for (const waiter of all) waiters.remove(waiter);
  });
});
