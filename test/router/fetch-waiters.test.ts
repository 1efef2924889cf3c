import { describe, expect, test } from "vitest";
import { PARTITION_STATE_BYTES, PARTITION_STATUS, PartitionState } from "../../src/io/partition-state.ts";
import { FetchWaiters } from "../../src/router/fetch-waiters.ts";
import type { PartitionHandle } from "../../src/router/types.ts";

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

const never = new AbortController().signal;

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  return (await Promise.race([promise.then(() => true), Promise.resolve(false)])) === true;
}

describe("FetchWaiters", () => {
  test("wait() ends when the partitions together have grown by enough, not before", async () => {
    const waiters = new FetchWaiters();
    const [a, b] = [partition(100), partition(200)];
    const waits = [
      { handle: a, seenBytes: 100 },
      { handle: b, seenBytes: 200 },
    ];
    const wait = waiters.wait(waits, 50, 60_000, never);
    publish(a.state, 130);
    waiters.partitionChanged(a);
    expect(await isSettled(wait)).toBe(false);
    publish(b.state, 220);
    waiters.partitionChanged(b);
    await wait;
    expect(waiters.count).toBe(0);
  });

  test("wait() asks the worker for an event, and again after one that was not enough", () => {
    const waiters = new FetchWaiters();
    const handle = partition();
    void waiters.wait([{ handle, seenBytes: 0 }], 10, 60_000, never);
    expect(handle.state.takeWatermarkRequest()).toBe(true);
    publish(handle.state, 5);
    waiters.partitionChanged(handle);
    expect(handle.state.takeWatermarkRequest()).toBe(true);
  });

  test("wait() ends at once when the bytes came between the look and the call", async () => {
    const waiters = new FetchWaiters();
    const handle = partition(64);
    await waiters.wait([{ handle, seenBytes: 0 }], 64, 60_000, never);
    expect(waiters.count).toBe(0);
  });

  test("wait() ends when a partition goes offline", async () => {
    const waiters = new FetchWaiters();
    const handle = partition();
    const wait = waiters.wait([{ handle, seenBytes: 0 }], 1, 60_000, never);
    handle.state.setStatus(PARTITION_STATUS.OFFLINE);
    waiters.partitionChanged(handle);
    await wait;
  });

  test("wait() ends when the connection closes, and forgets the waiter", async () => {
    const waiters = new FetchWaiters();
    const connection = new AbortController();
    const wait = waiters.wait([{ handle: partition(), seenBytes: 0 }], 1, 60_000, connection.signal);
    connection.abort();
    await wait;
    expect(waiters.count).toBe(0);
  });

  test("wait() ends at its deadline", async () => {
    const waiters = new FetchWaiters();
    await waiters.wait([{ handle: partition(), seenBytes: 0 }], 1, 5, never);
    expect(waiters.count).toBe(0);
  });
});
