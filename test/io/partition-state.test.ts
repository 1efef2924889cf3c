import { afterEach, describe, expect, test } from "vitest";
import { PARTITION_STATE_BYTES, PARTITION_STATUS, PartitionState } from "../../src/io/partition-state.ts";
import { fieldsFor } from "./partition-state-fields.ts";

const WRITER_WORKER = new URL("./partition-state-writer.worker.ts", import.meta.url).href;

const workers: Worker[] = [];
afterEach(() => {
  for (const worker of workers.splice(0)) worker.terminate();
});

describe("a partition's state", () => {
  test("is read as it was published, to the ends of the number range", () => {
    const state = new PartitionState(new SharedArrayBuffer(PARTITION_STATE_BYTES), 0);
    const fields = {
      logStartOffset: -1,
      highWatermark: Number.MAX_SAFE_INTEGER,
      lastStableOffset: Number.MIN_SAFE_INTEGER,
      endOffset: 2 ** 31,
      syncedOffset: 2 ** 32 - 1,
      highWatermarkBytes: 2 ** 32,
      leaderEpoch: -1,
      status: PARTITION_STATUS.ONLINE,
    };
    state.publish(fields);
    expect(state.read()).toEqual(fields);
    expect(state.logStartOffset()).toBe(fields.logStartOffset);
    expect(state.highWatermark()).toBe(fields.highWatermark);
    expect(state.lastStableOffset()).toBe(fields.lastStableOffset);
    expect(state.endOffset()).toBe(fields.endOffset);
    expect(state.syncedOffset()).toBe(fields.syncedOffset);
    expect(state.highWatermarkBytes()).toBe(fields.highWatermarkBytes);
    expect(state.leaderEpoch()).toBe(fields.leaderEpoch);
    expect(state.status()).toBe(PARTITION_STATUS.ONLINE);
  });

  test("starts as OPENING with zeros and does not touch its neighbours", () => {
    const memory = new SharedArrayBuffer(3 * PARTITION_STATE_BYTES);
    const states = [0, 1, 2].map((block) => new PartitionState(memory, block * PARTITION_STATE_BYTES));
    states[1]!.publish(fieldsFor(9));
    states[1]!.publish(fieldsFor(10));
    states[1]!.requestWatermarkEvent();
    for (const neighbour of [states[0]!, states[2]!]) {
      expect(neighbour.read()).toEqual({ ...new PartitionState(new SharedArrayBuffer(256), 0).read() });
      expect(neighbour.status()).toBe(PARTITION_STATUS.OPENING);
      expect(neighbour.takeWatermarkRequest()).toBe(false);
    }
    expect(() => new PartitionState(memory, 64)).toThrow(/aligned/);
  });

  test("keeps its offsets when another thread marks it offline", () => {
    const state = new PartitionState(new SharedArrayBuffer(PARTITION_STATE_BYTES), 0);
    state.publish(fieldsFor(5));
    state.setStatus(PARTITION_STATUS.OFFLINE);
    expect(state.read()).toEqual({ ...fieldsFor(5), status: PARTITION_STATUS.OFFLINE });
  });

  test("hands a request for a watermark event over once, however often it was made", () => {
    const memory = new SharedArrayBuffer(PARTITION_STATE_BYTES);
    const [main, worker] = [new PartitionState(memory, 0), new PartitionState(memory, 0)];
    expect(worker.takeWatermarkRequest()).toBe(false);
    main.requestWatermarkEvent();
    main.requestWatermarkEvent();
    expect(worker.takeWatermarkRequest()).toBe(true);
    expect(worker.takeWatermarkRequest()).toBe(false);
  });

  test("is never read torn while another thread publishes without a pause", async () => {
    const memory = new SharedArrayBuffer(2 * PARTITION_STATE_BYTES);
    const blockAt = PARTITION_STATE_BYTES;
    const stop = new SharedArrayBuffer(4);
    const worker = new Worker(WRITER_WORKER);
    workers.push(worker);
    const finished = new Promise<{ published: number }>((resolve, reject) => {
      worker.onmessage = (event) => resolve(event.data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
    worker.postMessage({ memory, blockAt, stop });

    const state = new PartitionState(memory, blockAt);
    while (state.status() !== PARTITION_STATUS.ONLINE) await new Promise((resolve) => setImmediate(resolve));
    const target = state.read();
    let newest = 0;
    for (let i = 0; i < 300_000; i++) {
      state.readInto(target);
      const expected = fieldsFor(target.leaderEpoch);
      const torn =
        target.logStartOffset !== expected.logStartOffset ||
        target.lastStableOffset !== expected.lastStableOffset ||
        target.highWatermark !== expected.highWatermark ||
        target.syncedOffset !== expected.syncedOffset ||
        target.endOffset !== expected.endOffset ||
        target.highWatermarkBytes !== expected.highWatermarkBytes;
      if (torn || target.leaderEpoch < newest) expect.unreachable(`torn or old: ${JSON.stringify(target)}`);
      newest = target.leaderEpoch;
      const single = state.highWatermark();
      if ((single - 2) % (2 ** 33 + 1) !== 0) expect.unreachable(`a torn high watermark: ${single}`);
    }
    Atomics.store(new Int32Array(stop), 0, 1);
    expect((await finished).published).toBeGreaterThan(1000);
  });
});
