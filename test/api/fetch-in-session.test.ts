import { describe, expect, test } from "vitest";
import { PARTITION_STATUS } from "../../src/io/partition-state.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { ApiHarness } from "../support/api-harness.ts";
import { batchOf, batchOfBytes } from "../support/batches.ts";
import type { FakeTopic } from "../support/fake-topics.ts";
import { FETCH_VERSIONS, fetchParts, fetchRequest, type Wanted } from "../support/fetch-requests.ts";

describe("Fetch in a session", () => {
  async function openSession(api: ApiHarness, topic: FakeTopic, version: number): Promise<number> {
    const wanted = topic.partitions.map(({ partition }) => ({ partition }));
    const opened = await fetchParts(api, version, fetchRequest(topic, wanted, { sessionEpoch: 0 }));
    expect(opened.errorCode).toBe(ErrorCode.NONE);
    expect(opened.sessionId).toBeGreaterThan(0);
    expect(opened.partitions).toHaveLength(topic.partitions.length);
    return opened.sessionId;
  }

  test.each(FETCH_VERSIONS.filter((version) => version >= 7))(
    "omits what has not changed (v%i)",
    async (version) => {
      const api = new ApiHarness();
      const topic = api.topics.add("orders", 3);
      const sessionId = await openSession(api, topic, version);
      const next = async (sessionEpoch: number, wanted: readonly Wanted[] = []) => {
        const request = fetchRequest(topic, wanted, { sessionId, sessionEpoch });
        const { errorCode, partitions, sessionId: answered } = await fetchParts(api, version, request);
        expect([errorCode, answered]).toEqual([ErrorCode.NONE, sessionId]);
        return partitions.map(({ partitionIndex, records }) => [partitionIndex, records!.byteLength > 0]);
      };
      expect(await next(1)).toEqual([]);
      topic.partitions[1]!.append(batchOf(["a"]));
      expect(await next(2)).toEqual([[1, true]]);
      // The client has it now: nothing is new, until the log start moves.
      expect(await next(3, [{ partition: 1, fetchOffset: 1 }])).toEqual([]);
      topic.partitions[2]!.publish({ logStartOffset: 0, highWatermark: 0, endOffset: 0 });
      expect(await next(4)).toEqual([]);
      topic.partitions[1]!.publish({ logStartOffset: 1 });
      expect(await next(5)).toEqual([[1, false]]);
    },
  );

  test("forgets partitions", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders", 2);
    const sessionId = await openSession(api, topic, 13);
    for (const partition of topic.partitions) partition.append(batchOf(["a"]));
    const forgottenTopicsData = [{ topic: "orders", topicId: topic.id, partitions: [0] }];
    const request = fetchRequest(topic, [], { sessionId, sessionEpoch: 1, forgottenTopicsData });
    const { partitions } = await fetchParts(api, 13, request);
    expect(partitions.map(({ partitionIndex }) => partitionIndex)).toEqual([1]);
  });

  test("gives every partition its turn when one batch fills the response", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders", 4);
    const sessionId = await openSession(api, topic, 12);
    for (const partition of topic.partitions) {
      for (let i = 0; i < 8; i++) partition.append(batchOfBytes(1000));
    }
    const served: number[] = [];
    for (let sessionEpoch = 1; sessionEpoch <= 8; sessionEpoch++) {
      const request = fetchRequest(topic, [], { sessionId, sessionEpoch, maxBytes: 1 });
      const { partitions } = await fetchParts(api, 12, request);
      served.push(
        ...partitions.filter(({ records }) => records!.byteLength > 0).map((p) => p.partitionIndex),
      );
    }
    expect(served).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
  });

  test("repeats an error in every response until it is gone", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders", 2);
    const sessionId = await openSession(api, topic, 12);
    topic.partitions[0]!.publish({ status: PARTITION_STATUS.OFFLINE });
    for (const sessionEpoch of [1, 2]) {
      const { partitions } = await fetchParts(api, 12, fetchRequest(topic, [], { sessionId, sessionEpoch }));
      expect(partitions.map(({ errorCode }) => errorCode)).toEqual([ErrorCode.KAFKA_STORAGE_ERROR]);
    }
    topic.partitions[0]!.publish({ status: PARTITION_STATUS.ONLINE });
    const { partitions } = await fetchParts(api, 12, fetchRequest(topic, [], { sessionId, sessionEpoch: 3 }));
    expect(partitions.map(({ errorCode }) => errorCode)).toEqual([ErrorCode.NONE]);
  });

  test("answers a wrong epoch with 71 and an unknown id with 70, and no partitions", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders");
    const sessionId = await openSession(api, topic, 12);
    const wrong = await fetchParts(api, 12, fetchRequest(topic, [], { sessionId, sessionEpoch: 5 }));
    expect(wrong).toMatchObject({ errorCode: 71, sessionId: 0, partitions: [] });
    const unknown = await fetchParts(
      api,
      12,
      fetchRequest(topic, [], { sessionId: sessionId ^ 1, sessionEpoch: 1 }),
    );
    expect(unknown).toMatchObject({ errorCode: 70, sessionId: 0, partitions: [] });
  });

  test("finds a topic that was made after the session asked for it", async () => {
    const api = new ApiHarness();
    const later = { name: "later", id: "" };
    const opened = await fetchParts(api, 12, fetchRequest(later, [{ partition: 0 }], { sessionEpoch: 0 }));
    expect(opened.partitions[0]!.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    api.topics.add("later").partitions[0]!.append(batchOf(["a"]));
    const request = fetchRequest(later, [], { sessionId: opened.sessionId, sessionEpoch: 1 });
    const { partitions } = await fetchParts(api, 12, request);
    expect(partitions[0]!.records!.byteLength).toBeGreaterThan(0);
  });
});
