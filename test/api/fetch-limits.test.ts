import { describe, expect, test } from "vitest";
import { PARTITION_STATUS } from "../../src/io/partition-state.ts";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { ApiHarness } from "../support/api-harness.ts";
import { batchOf, batchOfBytes } from "../support/batches.ts";
import type { FakeTopic } from "../support/fake-topics.ts";
import { type FetchRequest, fetchOne, fetchParts, fetchRequest, until } from "../support/fetch-requests.ts";

describe("Fetch limits:", () => {
  function threePartitions(api: ApiHarness, batchBytes: number, batchesEach: number): FakeTopic {
    const topic = api.topics.add("orders", 3);
    for (const partition of topic.partitions) {
      for (let i = 0; i < batchesEach; i++) partition.append(batchOfBytes(batchBytes));
    }
    return topic;
  }
  const all = (partitionMaxBytes: number) => [0, 1, 2].map((partition) => ({ partition, partitionMaxBytes }));
  const size = batchOfBytes(1000).byteLength;

  async function sizes(api: ApiHarness, request: FetchRequest): Promise<number[]> {
    const { partitions } = await fetchParts(api, 12, request);
    return partitions.map(({ records }) => records!.byteLength);
  }

  test("each partition keeps its own", async () => {
    const api = new ApiHarness();
    const topic = threePartitions(api, 1000, 5);
    expect(await sizes(api, fetchRequest(topic, all(2 * size + 10)))).toEqual([2 * size, 2 * size, 2 * size]);
    expect(api.router.reads).toHaveLength(3);
  });

  test("the first returns a whole batch beyond its own and the response's, and the others nothing", async () => {
    const api = new ApiHarness();
    const topic = threePartitions(api, 1000, 5);
    expect(await sizes(api, fetchRequest(topic, all(10), { maxBytes: 1 }))).toEqual([size, 0, 0]);
    expect(await sizes(api, fetchRequest(topic, all(0), { maxBytes: 0 }))).toEqual([size, 0, 0]);
    expect(topic.partitions.map(({ pinned }) => pinned)).toEqual([0, 0, 0]);
  });

  test("the first with records, not the first that is asked for", async () => {
    const api = new ApiHarness();
    const topic = threePartitions(api, 1000, 1);
    const wanted = [{ partition: 0, fetchOffset: 1 }, { partition: 2 }, { partition: 1 }];
    expect(await sizes(api, fetchRequest(topic, wanted, { maxBytes: 1 }))).toEqual([0, size, 0]);
  });

  test("the response's holds for all together", async () => {
    const api = new ApiHarness();
    const topic = threePartitions(api, 1000, 5);
    expect(await sizes(api, fetchRequest(topic, all(10 * size), { maxBytes: 7 * size }))).toEqual([
      5 * size,
      2 * size,
      0,
    ]);
  });

  test("what one leaves unused is there for the next", async () => {
    const api = new ApiHarness();
    const topic = threePartitions(api, 1000, 1);
    const request = fetchRequest(topic, all(10 * size), { maxBytes: 10 * size });
    expect(await sizes(api, request)).toEqual([size, size, size]);
  });

  test("the broker's own holds, whatever the client asks for", async () => {
    const api = new ApiHarness({ config: { "fetch.max.bytes": "2500" } });
    const topic = threePartitions(api, 1000, 5);
    expect(await sizes(api, fetchRequest(topic, all(1 << 20), { maxBytes: 0x7fff_ffff }))).toEqual([
      2 * size,
      0,
      0,
    ]);
  });

  test("a partition that fails does not keep the next from its whole batch", async () => {
    const api = new ApiHarness();
    const topic = threePartitions(api, 1000, 1);
    api.router.failures.set(topic.partitions[0]!, ErrorCode.KAFKA_STORAGE_ERROR);
    const { partitions } = await fetchParts(api, 12, fetchRequest(topic, all(10)));
    expect(partitions.map(({ errorCode, records }) => [errorCode, records!.byteLength])).toEqual([
      [ErrorCode.KAFKA_STORAGE_ERROR, 0],
      [ErrorCode.NONE, size],
      [ErrorCode.NONE, 0],
    ]);
  });
});

describe("Fetch with a minimum of bytes", () => {
  const waiting = { maxWaitMs: 60_000, minBytes: 1 };

  test("waits at the high watermark and is woken by the append, not by the unsynced bytes", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders");
    const partition = topic.partitions[0]!;
    partition.isSyncing = false;
    const fetched = fetchOne(api, 12, fetchRequest(topic, [{ partition: 0 }], waiting));
    await until(() => api.router.waiting === 1);
    partition.append(batchOf(["a"]));
    api.router.changed(partition);
    expect(api.router.waiting).toBe(1);
    partition.sync();
    api.router.changed(partition);
    const answer = await fetched;
    expect(answer.highWatermark).toBe(1);
    expect(answer.records!.byteLength).toBeGreaterThan(0);
    expect(api.router.reads).toHaveLength(1);
  });

  test("adds up over partitions, and holds no file while it waits", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders", 2);
    const [first, second] = [topic.partitions[0]!, topic.partitions[1]!];
    first.append(batchOfBytes(1000));
    const minBytes = first.fields.highWatermarkBytes + 500;
    const wanted = [{ partition: 0 }, { partition: 1 }];
    const fetched = fetchParts(api, 12, fetchRequest(topic, wanted, { ...waiting, minBytes }));
    await until(() => api.router.waiting === 1);
    expect(first.pinned).toBe(0);
    second.append(batchOfBytes(100));
    api.router.changed(second);
    expect(api.router.waiting).toBe(1);
    second.append(batchOfBytes(500));
    api.router.changed(second);
    const { partitions } = await fetched;
    expect(partitions.map(({ records }) => records!.byteLength > 0)).toEqual([true, true]);
  });

  test("answers with what there is at the deadline", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders");
    topic.partitions[0]!.append(batchOf(["a"]));
    const request = fetchRequest(topic, [{ partition: 0 }], { maxWaitMs: 20, minBytes: 100_000 });
    expect((await fetchOne(api, 12, request)).records!.byteLength).toBeGreaterThan(0);
    expect(topic.partitions[0]!.pinned).toBe(0);
  });

  test("does not wait for more than the response may hold", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders");
    for (let i = 0; i < 3; i++) topic.partitions[0]!.append(batchOfBytes(1000));
    const request = fetchRequest(topic, [{ partition: 0 }], {
      ...waiting,
      minBytes: 1 << 20,
      maxBytes: 1000,
    });
    expect((await fetchOne(api, 12, request)).records!.byteLength).toBeGreaterThan(1000);
  });

  test("does not wait while more lies ready than the partition's limit lets through", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders");
    for (let i = 0; i < 3; i++) topic.partitions[0]!.append(batchOfBytes(1000));
    const wanted = [{ partition: 0, partitionMaxBytes: 1500 }];
    const { records } = await fetchOne(api, 12, fetchRequest(topic, wanted, { ...waiting, minBytes: 1500 }));
    expect(records!.byteLength).toBe(batchOfBytes(1000).byteLength);
  });

  test("answers with an error as soon as a partition loses its disk", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders");
    const fetched = fetchOne(api, 12, fetchRequest(topic, [{ partition: 0 }], waiting));
    await until(() => api.router.waiting === 1);
    topic.partitions[0]!.publish({ status: PARTITION_STATUS.OFFLINE });
    api.router.changed(topic.partitions[0]!);
    expect((await fetched).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
  });

  test("stops waiting when the client is gone", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders");
    const sent = api.send(ApiKey.FETCH, 12, fetchRequest(topic, [{ partition: 0 }], waiting));
    await until(() => api.router.waiting === 1);
    api.disconnect();
    expect(await sent).not.toBeNull();
    expect(api.router.waiting).toBe(0);
  });

  test("of no partitions is answered at once", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders");
    expect((await fetchParts(api, 12, fetchRequest(topic, [], waiting))).partitions).toEqual([]);
  });
});
