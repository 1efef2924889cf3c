import { describe, expect, test } from "vitest";
import { PARTITION_STATUS } from "../../src/io/partition-state.ts";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { recordBatch } from "../../src/protocol/record-batch.ts";
import { ApiHarness, collect } from "../support/api-harness.ts";
import { batchOf } from "../support/batches.ts";
import type { FakeTopic } from "../support/fake-topics.ts";
import {
  FETCH_VERSIONS,
  fetchOne,
  fetchParts,
  fetchRequest,
  type Wanted,
} from "../support/fetch-requests.ts";

/** The last version that names topics by name. */
const NAMED = 12;

describe("Fetch", () => {
  for (const version of FETCH_VERSIONS) {
    test(`v${version} returns batches as bytes of the file, with the state of the partition`, async () => {
      const api = new ApiHarness();
      const topic = api.topics.add("orders", 2);
      const partition = topic.partitions[1]!;
      const batches = [batchOf(["a", "b"]), batchOf(["c"])];
      for (const batch of batches) partition.append(batch);
      const answer = await api.call(ApiKey.FETCH, version, fetchRequest(topic, [{ partition: 1 }]));
      expect(answer.responses).toHaveLength(1);
      const { topic: name, topicId, partitions } = answer.responses[0]!;
      expect(version <= NAMED ? name : topicId).toBe(version <= NAMED ? "orders" : topic.id);
      expect(partitions[0]).toMatchObject({
        partitionIndex: 1,
        errorCode: ErrorCode.NONE,
        highWatermark: 3,
        lastStableOffset: 3,
        logStartOffset: version < 5 ? -1 : 0,
        preferredReadReplica: -1,
      });
      const records = partitions[0]!.records!;
      expect(records.byteLength).toBe(batches[0]!.byteLength + batches[1]!.byteLength);
      expect(recordBatch.baseOffset(records, batches[0]!.byteLength)).toBe(2);
      expect(partition.pinned).toBe(0);
    });
  }

  test("starts with the batch that contains the offset", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders");
    for (let i = 0; i < 3; i++) topic.partitions[0]!.append(batchOf(["a", "b"]));
    const { records } = await fetchOne(api, 12, fetchRequest(topic, [{ partition: 0, fetchOffset: 3 }]));
    expect(recordBatch.baseOffset(records!, 0)).toBe(2);
  });

  test("at the high watermark answers empty, from published state, without asking a worker", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders");
    const partition = topic.partitions[0]!;
    partition.append(batchOf(["a"]));
    partition.isSyncing = false;
    partition.append(batchOf(["not synced yet"]));
    for (const fetchOffset of [1, 2]) {
      const answer = await fetchOne(api, 12, fetchRequest(topic, [{ partition: 0, fetchOffset }]));
      expect(answer).toMatchObject({ errorCode: ErrorCode.NONE, highWatermark: 1 });
      expect(answer.records!.byteLength).toBe(0);
    }
    expect(api.router.reads).toEqual([]);
  });

  test("read_committed stops at the last stable offset and names aborted transactions: none", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders");
    topic.partitions[0]!.append(batchOf(["a"]));
    topic.partitions[0]!.append(batchOf(["b"]));
    topic.partitions[0]!.publish({ lastStableOffset: 1 });
    const committed = fetchRequest(topic, [{ partition: 0 }], { isolationLevel: 1 });
    const answer = await fetchOne(api, 12, committed);
    expect(answer.records!.byteLength).toBe(batchOf(["a"]).byteLength);
    expect(answer.abortedTransactions).toEqual([]);
    const uncommitted = await fetchOne(api, 12, fetchRequest(topic, [{ partition: 0 }]));
    expect(uncommitted.records!.byteLength).toBe(2 * batchOf(["a"]).byteLength);
    expect(uncommitted.abortedTransactions).toBeNull();
  });

  test("keeps files pinned until the response is released", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders", 3);
    for (const partition of topic.partitions) partition.append(batchOf(["a"]));
    const wanted = topic.partitions.map(({ partition }) => ({ partition }));
    const response = await api.send(ApiKey.FETCH, 12, fetchRequest(topic, wanted));
    expect(topic.partitions.map(({ pinned }) => pinned)).toEqual([1, 1, 1]);
    collect(response!.parts);
    response!.release!();
    expect(topic.partitions.map(({ pinned }) => pinned)).toEqual([0, 0, 0]);
  });
});

describe("Fetch refuses", () => {
  const cases: readonly [string, number, ErrorCode, Wanted, ((topic: FakeTopic) => void)?][] = [
    ["an offset beyond the end", 12, ErrorCode.OFFSET_OUT_OF_RANGE, { partition: 0, fetchOffset: 2 }],
    ["a negative offset", 4, ErrorCode.OFFSET_OUT_OF_RANGE, { partition: 0, fetchOffset: -1 }],
    [
      "an offset below the log start",
      12,
      ErrorCode.OFFSET_OUT_OF_RANGE,
      { partition: 0, fetchOffset: 0 },
      (topic) => topic.partitions[0]!.publish({ logStartOffset: 1 }),
    ],
    ["a partition that does not exist", 12, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, { partition: 5 }],
    ["a leader epoch of the past", 9, ErrorCode.FENCED_LEADER_EPOCH, { partition: 0, currentLeaderEpoch: 2 }],
    [
      "a leader epoch of the future",
      9,
      ErrorCode.UNKNOWN_LEADER_EPOCH,
      { partition: 0, currentLeaderEpoch: 4 },
    ],
    [
      "a partition that is opening",
      12,
      ErrorCode.NOT_LEADER_OR_FOLLOWER,
      { partition: 0 },
      (topic) => topic.partitions[0]!.publish({ status: PARTITION_STATUS.OPENING }),
    ],
    [
      "a partition that has lost its disk",
      12,
      ErrorCode.KAFKA_STORAGE_ERROR,
      { partition: 0 },
      (topic) => topic.partitions[0]!.publish({ status: PARTITION_STATUS.OFFLINE }),
    ],
    [
      "a partition that is deleted",
      12,
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      { partition: 0 },
      (topic) => topic.partitions[0]!.publish({ status: PARTITION_STATUS.DELETED }),
    ],
  ];

  test.each(cases)(
    "%s, at once, however long the client would wait",
    async (_, version, errorCode, wanted, prepare) => {
      const api = new ApiHarness();
      const topic = api.topics.add("orders");
      topic.partitions[0]!.publish({ leaderEpoch: 3 });
      topic.partitions[0]!.append(batchOf(["a"]));
      prepare?.(topic);
      const answer = await fetchOne(
        api,
        version,
        fetchRequest(topic, [wanted], { maxWaitMs: 60_000, minBytes: 1000 }),
      );
      expect(answer).toMatchObject({ errorCode, highWatermark: -1 });
      expect(answer.records!.byteLength).toBe(0);
      expect(api.router.reads).toEqual([]);
    },
  );

  test("an unknown name, an unknown id, and an id that another incarnation of the topic had", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders");
    const unknown = { name: "nowhere", id: "AAAAAAAAAAAAAAAAAAAAAQ" };
    const codeOf = async (version: number, target: { name: string; id: string }) =>
      (await fetchOne(api, version, fetchRequest(target, [{ partition: 0 }]))).errorCode;
    expect(await codeOf(12, unknown)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    expect(await codeOf(13, unknown)).toBe(ErrorCode.UNKNOWN_TOPIC_ID);
    api.topics.byId = () => ({ ...topic, id: unknown.id });
    expect(await codeOf(13, unknown)).toBe(ErrorCode.INCONSISTENT_TOPIC_ID);
  });

  test.each(FETCH_VERSIONS)(
    "a client that says to be a follower, whatever its offset (v%i)",
    async (version) => {
      const api = new ApiHarness();
      const topic = api.topics.add("orders");
      topic.partitions[0]!.isSyncing = false;
      topic.partitions[0]!.append(batchOf(["secret until synced"]));
      const replica = version < 15 ? { replicaId: 2 } : { replicaState: { replicaId: 2, replicaEpoch: 1 } };
      const answer = await fetchParts(api, version, fetchRequest(topic, [{ partition: 0 }], replica));
      if (version >= 7) expect(answer.errorCode).toBe(ErrorCode.INVALID_REQUEST);
      expect(answer.partitions.map(({ errorCode }) => errorCode)).toEqual(
        version < 13 ? [ErrorCode.INVALID_REQUEST] : [],
      );
      expect(api.router.reads).toEqual([]);
    },
  );

  test("an isolation level that does not exist", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders");
    const answer = await fetchParts(api, 13, fetchRequest(topic, [{ partition: 0 }], { isolationLevel: 2 }));
    expect(answer.errorCode).toBe(ErrorCode.INVALID_REQUEST);
  });

  test("what the authorizer denies", async () => {
    const api = new ApiHarness({ authorizer: (_, operation) => operation !== "read" });
    const topic = api.topics.add("orders");
    topic.partitions[0]!.append(batchOf(["a"]));
    for (const version of [12, 13]) {
      const answer = await fetchOne(api, version, fetchRequest(topic, [{ partition: 0 }]));
      expect(answer.errorCode).toBe(ErrorCode.TOPIC_AUTHORIZATION_FAILED);
    }
  });

  test("and names the current leader from v16", async () => {
    for (const version of FETCH_VERSIONS) {
      const api = new ApiHarness();
      const topic = api.topics.add("orders");
      topic.partitions[0]!.publish({ leaderEpoch: 3 });
      const wanted = { partition: 0, ...(version >= 9 && { currentLeaderEpoch: 1 }) };
      const { partitions, nodeEndpoints } = await fetchParts(api, version, fetchRequest(topic, [wanted]));
      expect(partitions[0]!.currentLeader.leaderId).toBe(version >= 16 ? 1 : -1);
      expect(nodeEndpoints).toHaveLength(version >= 16 ? 1 : 0);
    }
  });
});

describe("Fetch from a client that names the epoch of its last record", () => {
  test("says where the histories part, or serves where they agree", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders");
    const partition = topic.partitions[0]!;
    partition.publish({ leaderEpoch: 2 });
    partition.append(batchOf(["a"]));
    const agreed = await fetchOne(api, 12, fetchRequest(topic, [{ partition: 0, lastFetchedEpoch: 2 }]));
    expect(agreed.records!.byteLength).toBeGreaterThan(0);

    const beyond = { partition: 0, lastFetchedEpoch: 2, fetchOffset: 5 };
    const parted = await fetchOne(api, 12, fetchRequest(topic, [beyond], { maxWaitMs: 60_000 }));
    expect(parted).toMatchObject({ errorCode: ErrorCode.NONE, divergingEpoch: { epoch: 2, endOffset: 1 } });
    expect(parted.records!.byteLength).toBe(0);

    const unknown = await fetchOne(api, 12, fetchRequest(topic, [{ partition: 0, lastFetchedEpoch: 7 }]));
    expect(unknown.errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
  });
});
