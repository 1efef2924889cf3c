import { describe, expect, test } from "vitest";
import { PARTITION_STATUS } from "../../src/io/partition-state.ts";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { ZERO_UUID } from "../../src/protocol/text.ts";
import { ApiHarness, CLUSTER_ID } from "../support/api-harness.ts";

const VERSIONS = Array.from({ length: 14 }, (_, index) => index);
const OMITTED = -2_147_483_648;

describe("Metadata", () => {
  for (const version of VERSIONS) {
    test(`v${version} names the broker, and the topic with its partitions`, async () => {
      const api = new ApiHarness({ config: { "broker.rack": "shelf-1" } });
      const topic = api.topics.add("orders", 2);
      topic.partitions[0]!.publish({ leaderEpoch: 3 });
      const answer = await api.call(ApiKey.METADATA, version, { topics: [{ name: "orders" }] });
      const rack = version < 1 ? null : "shelf-1";
      expect(answer.brokers).toEqual([{ nodeId: 1, host: "127.0.0.1", port: 9092, rack }]);
      expect(answer.clusterId).toBe(version < 2 ? null : CLUSTER_ID);
      expect(answer.controllerId).toBe(version < 1 ? -1 : 1);
      expect(answer.topics).toHaveLength(1);
      expect(answer.topics[0]).toMatchObject({
        errorCode: ErrorCode.NONE,
        name: "orders",
        topicId: version < 10 ? ZERO_UUID : topic.id,
        isInternal: false,
        topicAuthorizedOperations: OMITTED,
      });
      expect(answer.topics[0]!.partitions).toEqual(
        [0, 1].map((partitionIndex) => ({
          errorCode: ErrorCode.NONE,
          partitionIndex,
          leaderId: 1,
          leaderEpoch: version < 7 ? -1 : partitionIndex === 0 ? 3 : 0,
          replicaNodes: [1],
          isrNodes: [1],
          offlineReplicas: [],
        })),
      );
    });

    test(`v${version} says which topics are all and which are none`, async () => {
      const api = new ApiHarness();
      for (const name of ["a", "b"]) api.topics.add(name);
      const none = await api.call(ApiKey.METADATA, version, { topics: [] });
      expect(none.topics).toHaveLength(version === 0 ? 2 : 0);
      if (version === 0) return;
      const all = await api.call(ApiKey.METADATA, version, { topics: null });
      expect(all.topics.map(({ name }) => name)).toEqual(["a", "b"]);
    });

    test(`v${version} creates a topic on demand: first "ask again", then it is there`, async () => {
      const api = new ApiHarness({ config: { "num.partitions": "3" } });
      const ask = async () =>
        (await api.call(ApiKey.METADATA, version, { topics: [{ name: "new" }] })).topics[0]!;
      expect(await ask()).toMatchObject({ errorCode: ErrorCode.LEADER_NOT_AVAILABLE, partitions: [] });
      const second = await ask();
      expect(second.errorCode).toBe(ErrorCode.NONE);
      expect(second.partitions).toHaveLength(3);
    });
  }

  test("creates nothing that the client or the broker does not want", async () => {
    const willing = new ApiHarness();
    const unwanted = { topics: [{ name: "new" }], allowAutoTopicCreation: false };
    const byClient = await willing.call(ApiKey.METADATA, 9, unwanted);
    const unwilling = new ApiHarness({ config: { "auto.create.topics.enable": "false" } });
    const byBroker = await unwilling.call(ApiKey.METADATA, 9, { topics: [{ name: "new" }] });
    for (const { topics } of [byClient, byBroker]) {
      expect(topics[0]!.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    }
    expect([...willing.topics.all(), ...unwilling.topics.all()]).toEqual([]);
  });

  test("tells why a topic cannot be created", async () => {
    const api = new ApiHarness({ config: { "topics.max": "1" } });
    api.topics.add("only");
    const { topics } = await api.call(ApiKey.METADATA, 9, { topics: [{ name: "new" }] });
    expect(topics[0]!.errorCode).toBe(ErrorCode.POLICY_VIOLATION);
  });

  test("refuses bad names without creating anything", async () => {
    const api = new ApiHarness();
    const names = ["", ".", "..", "a/b", "ä", "x".repeat(250)];
    const { topics } = await api.call(ApiKey.METADATA, 9, { topics: names.map((name) => ({ name })) });
    expect(topics.map(({ errorCode }) => errorCode)).toEqual(
      names.map(() => ErrorCode.INVALID_TOPIC_EXCEPTION),
    );
    expect([...api.topics.all()]).toEqual([]);
  });

  test("answers a topic once, however often it is named", async () => {
    const api = new ApiHarness();
    api.topics.add("a");
    const wanted = Array.from({ length: 50 }, () => ({ name: "a" }));
    expect((await api.call(ApiKey.METADATA, 9, { topics: wanted })).topics).toHaveLength(1);
  });

  test("finds topics by id from v12, and refuses a missing name before", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders");
    const unknownId = "AAAAAAAAAAAAAAAAAAAAAQ";
    const byId = [topic.id, unknownId].map((topicId) => ({ topicId, name: null }));
    const { topics } = await api.call(ApiKey.METADATA, 12, { topics: byId });
    expect(topics.map(({ errorCode, name, topicId }) => [errorCode, name, topicId])).toEqual([
      [ErrorCode.NONE, "orders", topic.id],
      [ErrorCode.UNKNOWN_TOPIC_ID, null, unknownId],
    ]);
    const tooEarly = await api.call(ApiKey.METADATA, 10, { topics: byId });
    expect(tooEarly.topics.every(({ errorCode }) => errorCode === ErrorCode.INVALID_REQUEST)).toBe(true);
  });

  test("shows partitions without a leader while they open and after their disk has failed", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders", 2);
    topic.partitions[0]!.publish({ status: PARTITION_STATUS.OPENING });
    topic.partitions[1]!.publish({ status: PARTITION_STATUS.OFFLINE });
    const { topics } = await api.call(ApiKey.METADATA, 9, { topics: null });
    expect(topics[0]!.partitions.map((p) => [p.errorCode, p.leaderId, p.offlineReplicas])).toEqual([
      [ErrorCode.LEADER_NOT_AVAILABLE, -1, []],
      [ErrorCode.LEADER_NOT_AVAILABLE, -1, [1]],
    ]);
  });

  test("answers with the address the client came by, unless one is advertised", async () => {
    const addressOf = async (api: ApiHarness, localAddress: string) => {
      const { brokers } = await api.call(
        ApiKey.METADATA,
        9,
        { topics: [] },
        { localAddress, localPort: 5001 },
      );
      return [brokers[0]!.host, brokers[0]!.port];
    };
    const plain = new ApiHarness();
    expect(await addressOf(plain, "10.0.0.7")).toEqual(["10.0.0.7", 5001]);
    expect(await addressOf(plain, "::ffff:10.0.0.7")).toEqual(["10.0.0.7", 5001]);
    expect(await addressOf(plain, "fe80::1")).toEqual(["fe80::1", 5001]);
    const advertising = new ApiHarness({
      config: { "advertised.listeners": "PLAINTEXT://kafka.example:19092" },
    });
    expect(await addressOf(advertising, "10.0.0.7")).toEqual(["kafka.example", 19092]);
  });

  test("names authorized operations when asked", async () => {
    const api = new ApiHarness();
    api.topics.add("orders");
    const asked = { topics: null, includeTopicAuthorizedOperations: true };
    const v8 = await api.call(ApiKey.METADATA, 8, { ...asked, includeClusterAuthorizedOperations: true });
    expect([v8.clusterAuthorizedOperations, v8.topics[0]!.topicAuthorizedOperations]).toEqual([8096, 3576]);
    const v11 = await api.call(ApiKey.METADATA, 11, asked);
    expect([v11.clusterAuthorizedOperations, v11.topics[0]!.topicAuthorizedOperations]).toEqual([
      OMITTED,
      3576,
    ]);
  });

  test("hides topics that the client may not describe, and creates none for it", async () => {
    const api = new ApiHarness({
      authorizer: (_, operation, __, name) => operation === "describe" && name !== "secret",
    });
    const topic = api.topics.add("secret");
    api.topics.add("open");
    expect((await api.call(ApiKey.METADATA, 12, { topics: null })).topics.map(({ name }) => name)).toEqual([
      "open",
    ]);
    const wanted = [{ name: "secret" }, { topicId: topic.id, name: null }, { name: "new" }];
    const { topics } = await api.call(ApiKey.METADATA, 12, { topics: wanted });
    expect(topics.map(({ errorCode }) => errorCode)).toEqual([
      ErrorCode.TOPIC_AUTHORIZATION_FAILED,
      ErrorCode.UNKNOWN_TOPIC_ID,
      ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    ]);
  });
});

describe("DescribeCluster", () => {
  for (const version of [0, 1, 2]) {
    test(`v${version} names the one broker`, async () => {
      const api = new ApiHarness();
      const answer = await api.call(ApiKey.DESCRIBE_CLUSTER, version, {
        includeClusterAuthorizedOperations: true,
      });
      expect(answer).toMatchObject({
        errorCode: ErrorCode.NONE,
        endpointType: 1,
        clusterId: CLUSTER_ID,
        controllerId: 1,
        brokers: [{ brokerId: 1, host: "127.0.0.1", port: 9092, rack: null, isFenced: false }],
        clusterAuthorizedOperations: 8096,
      });
    });
  }

  test("is not the place to ask for controllers", async () => {
    const api = new ApiHarness();
    const codeOf = async (endpointType: number) => {
      const request = { includeClusterAuthorizedOperations: false, endpointType };
      return (await api.call(ApiKey.DESCRIBE_CLUSTER, 1, request)).errorCode;
    };
    expect(await codeOf(2)).toBe(ErrorCode.MISMATCHED_ENDPOINT_TYPE);
    expect(await codeOf(3)).toBe(ErrorCode.UNSUPPORTED_ENDPOINT_TYPE);
  });
});

describe("DescribeTopicPartitions", () => {
  function threeTopics(): ApiHarness {
    const api = new ApiHarness();
    for (const name of ["c", "a", "b"]) api.topics.add(name, 3);
    return api;
  }
  type Answer = {
    topics: readonly { name: string | null; partitions: readonly { partitionIndex: number }[] }[];
  };
  const shape = ({ topics }: Answer) =>
    topics.map(({ name, partitions }) => `${name}:${partitions.map((p) => p.partitionIndex).join("")}`);

  test("lists all topics in the order of their names", async () => {
    const answer = await threeTopics().call(ApiKey.DESCRIBE_TOPIC_PARTITIONS, 0, { topics: [] });
    expect(shape(answer)).toEqual(["a:012", "b:012", "c:012"]);
    expect(answer.nextCursor).toBeNull();
    expect(answer.topics[0]!.partitions[0]).toMatchObject({ leaderId: 1, replicaNodes: [1], isrNodes: [1] });
  });

  test.each([1, 2, 3, 4, 5, 8, 9])(
    "goes through all of them in pages of %i",
    async (responsePartitionLimit) => {
      const api = threeTopics();
      const seen: string[] = [];
      type Cursor = { topicName: string; partitionIndex: number } | null;
      let cursor: Cursor = null;
      do {
        const answer: Answer & { nextCursor: Cursor } = await api.call(ApiKey.DESCRIBE_TOPIC_PARTITIONS, 0, {
          topics: [],
          responsePartitionLimit,
          cursor,
        });
        const page = answer.topics.flatMap(({ name, partitions }) =>
          partitions.map((p) => `${name}${p.partitionIndex}`),
        );
        expect(page.length).toBeLessThanOrEqual(responsePartitionLimit);
        seen.push(...page);
        cursor = answer.nextCursor;
      } while (cursor !== null);
      expect(seen).toEqual(["a0", "a1", "a2", "b0", "b1", "b2", "c0", "c1", "c2"]);
    },
  );

  test("answers for topics that are not there, and bounds what the client asks for", async () => {
    const api = threeTopics();
    const topics = ["b", "nowhere", "a/b", "b"].map((name) => ({ name }));
    const answer = await api.call(ApiKey.DESCRIBE_TOPIC_PARTITIONS, 0, {
      topics,
      responsePartitionLimit: -1,
    });
    expect(answer.topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ["a/b", ErrorCode.INVALID_TOPIC_EXCEPTION],
      ["b", ErrorCode.NONE],
    ]);
    expect(answer.nextCursor).toEqual({ topicName: "b", partitionIndex: 1 });
    const rest = await api.call(ApiKey.DESCRIBE_TOPIC_PARTITIONS, 0, { topics, cursor: answer.nextCursor });
    expect(shape(rest)).toEqual(["b:12", "nowhere:"]);
    expect(rest.topics[1]!.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  });
});
