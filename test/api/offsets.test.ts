import { describe, expect, test } from "vitest";
import { PARTITION_STATUS } from "../../src/io/partition-state.ts";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { ApiHarness } from "../support/api-harness.ts";
import { batchOfBytes } from "../support/batches.ts";

const VERSIONS = Array.from({ length: 11 }, (_, index) => index + 1);
const CONSUMER = -1;

interface Wanted {
  readonly timestamp: number;
  readonly partitionIndex?: number;
  readonly currentLeaderEpoch?: number;
}

/** Offsets 0 to 3 with timestamps 1000, 3000, 2000, 4000; the last one is not synced yet. Epoch 2. */
function harness(): ApiHarness {
  const api = new ApiHarness();
  const partition = api.topics.add("orders").partitions[0]!;
  partition.publish({ leaderEpoch: 2 });
  for (const timestamp of [1000, 3000, 2000]) partition.append(batchOfBytes(10, timestamp));
  partition.isSyncing = false;
  partition.append(batchOfBytes(10, 4000));
  partition.publish({ lastStableOffset: 2, logStartOffset: 1 });
  return api;
}

async function list(api: ApiHarness, version: number, wanted: readonly Wanted[], rest = {}) {
  const partitions = wanted.map((partition) => ({ partitionIndex: 0, ...partition }));
  const request = { replicaId: CONSUMER, topics: [{ name: "orders", partitions }], ...rest };
  return (await api.call(ApiKey.LIST_OFFSETS, version, request)).topics[0]!.partitions;
}

async function listOne(api: ApiHarness, version: number, wanted: Wanted, rest = {}) {
  const { errorCode, offset, timestamp, leaderEpoch } = (await list(api, version, [wanted], rest))[0]!;
  return { errorCode, offset, timestamp, leaderEpoch };
}

describe("ListOffsets", () => {
  for (const version of VERSIONS) {
    const epoch = (value: number) => (version < 4 ? -1 : value);

    test(`v${version} answers the latest and the earliest offset from published state`, async () => {
      const api = harness();
      expect(await listOne(api, version, { timestamp: -1 })).toEqual({
        errorCode: ErrorCode.NONE,
        offset: 3,
        timestamp: -1,
        leaderEpoch: epoch(2),
      });
      expect(await listOne(api, version, { timestamp: -2 })).toMatchObject({
        errorCode: 0,
        offset: 1,
        timestamp: -1,
      });
      if (version < 2) return;
      const committed = await listOne(api, version, { timestamp: -1 }, { isolationLevel: 1 });
      expect(committed.offset).toBe(2);
    });

    test(`v${version} finds the first record from a time on, if it is synced`, async () => {
      const api = harness();
      const found = { errorCode: ErrorCode.NONE, offset: 1, timestamp: 3000, leaderEpoch: epoch(2) };
      expect(await listOne(api, version, { timestamp: 1500 })).toEqual(found);
      const none = { errorCode: ErrorCode.NONE, offset: -1, timestamp: -1, leaderEpoch: -1 };
      expect(await listOne(api, version, { timestamp: 3500 })).toEqual(none);
      expect(await listOne(api, version, { timestamp: 9000 })).toEqual(none);
    });

    test(`v${version} knows the special timestamps of its time, and no others`, async () => {
      const api = harness();
      const since = { [-3]: 7, [-4]: 8, [-5]: 9, [-6]: 11, [-7]: 99, [-1000]: 99 };
      for (const [timestamp, first] of Object.entries(since)) {
        const { errorCode } = await listOne(api, version, { timestamp: Number(timestamp) });
        expect([timestamp, errorCode]).toEqual([
          timestamp,
          version < first ? ErrorCode.UNSUPPORTED_VERSION : ErrorCode.NONE,
        ]);
      }
    });
  }

  test("finds the record with the largest timestamp, if it is synced", async () => {
    const api = harness();
    expect((await listOne(api, 7, { timestamp: -3 })).offset).toBe(-1);
    api.topics.byName("orders")!.partitions[0]!.sync();
    expect(await listOne(api, 7, { timestamp: -3 })).toMatchObject({ offset: 3, timestamp: 4000 });
  });

  test("takes the local log start for -4, and knows no tiers for -5 and -6", async () => {
    const api = harness();
    expect((await listOne(api, 11, { timestamp: -4 })).offset).toBe(1);
    expect((await listOne(api, 11, { timestamp: -5 })).offset).toBe(-1);
    expect((await listOne(api, 11, { timestamp: -6 })).offset).toBe(-1);
  });

  test("knows the epoch of the log start only as long as there was one", async () => {
    const api = harness();
    expect((await listOne(api, 4, { timestamp: -2 })).leaderEpoch).toBe(-1);
    api.topics.byName("orders")!.partitions[0]!.publish({ leaderEpoch: 0 });
    expect((await listOne(api, 4, { timestamp: -2 })).leaderEpoch).toBe(0);
  });

  test("refuses a partition that is named twice, both times", async () => {
    const answers = await list(harness(), 4, [
      { timestamp: -1 },
      { timestamp: -2 },
      { timestamp: -1, partitionIndex: 7 },
    ]);
    expect(answers.map(({ errorCode }) => errorCode)).toEqual([
      ErrorCode.INVALID_REQUEST,
      ErrorCode.INVALID_REQUEST,
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ]);
  });

  test("checks the leader epoch, the state, followers and authority", async () => {
    const api = harness();
    const codeOf = async (wanted: Wanted, rest = {}) => (await listOne(api, 4, wanted, rest)).errorCode;
    expect(await codeOf({ timestamp: -1, currentLeaderEpoch: 1 })).toBe(ErrorCode.FENCED_LEADER_EPOCH);
    expect(await codeOf({ timestamp: -1, currentLeaderEpoch: 3 })).toBe(ErrorCode.UNKNOWN_LEADER_EPOCH);
    expect(await codeOf({ timestamp: -1, currentLeaderEpoch: 2 })).toBe(ErrorCode.NONE);
    expect(await codeOf({ timestamp: -1 }, { replicaId: 5 })).toBe(ErrorCode.INVALID_REQUEST);
    api.topics.byName("orders")!.partitions[0]!.publish({ status: PARTITION_STATUS.OFFLINE });
    expect(await codeOf({ timestamp: -1 })).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    const denied = new ApiHarness({ authorizer: () => false });
    denied.topics.add("orders");
    expect((await listOne(denied, 4, { timestamp: -1 })).errorCode).toBe(
      ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    );
  });
});

describe("OffsetForLeaderEpoch", () => {
  async function endOf(api: ApiHarness, version: number, leaderEpoch: number, rest = {}, replica = {}) {
    const partitions = [{ partition: 0, leaderEpoch, ...rest }];
    const request = { topics: [{ topic: "orders", partitions }], ...replica };
    const { topics } = await api.call(ApiKey.OFFSET_FOR_LEADER_EPOCH, version, request);
    return topics[0]!.partitions[0]!;
  }

  for (const version of [2, 3, 4]) {
    test(`v${version} answers where an epoch ends`, async () => {
      const api = harness();
      expect(await endOf(api, version, 2)).toEqual({
        errorCode: 0,
        partition: 0,
        leaderEpoch: 2,
        endOffset: 4,
      });
      expect(await endOf(api, version, 9)).toEqual({
        errorCode: 0,
        partition: 0,
        leaderEpoch: -1,
        endOffset: -1,
      });
    });
  }

  test("checks the leader epoch, the partition and followers", async () => {
    const api = harness();
    const none = { leaderEpoch: -1, endOffset: -1 };
    expect(await endOf(api, 4, 2, { currentLeaderEpoch: 1 })).toMatchObject({ ...none, errorCode: 74 });
    expect(await endOf(api, 4, 2, { currentLeaderEpoch: 3 })).toMatchObject({ ...none, errorCode: 75 });
    expect(await endOf(api, 4, 2, { partition: 3 })).toMatchObject({ ...none, errorCode: 3, partition: 3 });
    expect(await endOf(api, 4, 2, {}, { replicaId: 2 })).toMatchObject({ ...none, errorCode: 42 });
    expect(await endOf(api, 4, 2, {}, { replicaId: -1 })).toMatchObject({ errorCode: 0 });
  });
});
