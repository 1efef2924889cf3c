import { describe, expect, test } from "vitest";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { ZERO_UUID } from "../../src/protocol/text.ts";
import { ApiHarness } from "../support/api-harness.ts";

const NEW_TOPIC = { name: "new", numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] };
type NewTopic = Omit<Partial<typeof NEW_TOPIC>, "configs" | "assignments"> & {
  configs?: readonly { name: string; value: string | null }[];
  assignments?: readonly { partitionIndex: number; brokerIds: readonly number[] }[];
};

async function create(api: ApiHarness, version: number, topics: readonly NewTopic[], validateOnly = false) {
  const wanted = topics.map((topic) => ({ ...NEW_TOPIC, ...topic }));
  return (await api.call(ApiKey.CREATE_TOPICS, version, { topics: wanted, validateOnly })).topics;
}

describe("CreateTopics", () => {
  for (const version of [2, 3, 4, 5, 6, 7]) {
    test(`v${version} creates a topic and describes it`, async () => {
      const api = new ApiHarness();
      const configs = [{ name: "retention.ms", value: "1234" }];
      const [answer] = await create(api, version, [{ numPartitions: 3, replicationFactor: 1, configs }]);
      const topic = api.topics.byName("new")!;
      expect(topic.partitions).toHaveLength(3);
      expect(topic.config.retentionMs).toBe(1234);
      expect(answer).toMatchObject({ name: "new", errorCode: ErrorCode.NONE, errorMessage: null });
      expect(answer!.topicId).toBe(version < 7 ? ZERO_UUID : topic.id);
      expect(answer!.numPartitions).toBe(version < 5 ? -1 : 3);
      expect(answer!.replicationFactor).toBe(version < 5 ? -1 : 1);
      const retention = answer!.configs?.find(({ name }) => name === "retention.ms");
      if (version >= 5) expect(retention).toMatchObject({ value: "1234", readOnly: false, configSource: 1 });
    });
  }

  test("only validates when asked to", async () => {
    const api = new ApiHarness({ config: { "num.partitions": "4" } });
    const [byDefault] = await create(api, 7, [{}], true);
    expect(byDefault).toMatchObject({ errorCode: ErrorCode.NONE, numPartitions: 4, topicId: ZERO_UUID });
    const assignments = [0, 1].map((partitionIndex) => ({ partitionIndex, brokerIds: [1] }));
    expect((await create(api, 7, [{ assignments }], true))[0]!.numPartitions).toBe(2);
    expect([...api.topics.all()]).toEqual([]);
  });

  test("answers every topic for itself", async () => {
    const api = new ApiHarness();
    api.topics.add("there");
    const answers = await create(api, 5, [
      { name: "there" },
      { name: "bad/name" },
      { name: "twice" },
      { name: "twice" },
      { name: "empty", configs: [{ name: "retention.ms", value: null }] },
      { name: "typo", configs: [{ name: "retention.mss", value: "1" }] },
      { name: "proto", configs: [{ name: "__proto__", value: "1" }] },
      { name: "none", numPartitions: 0 },
      { name: "copies", replicationFactor: 3 },
      { name: "elsewhere", assignments: [{ partitionIndex: 0, brokerIds: [2] }] },
      { name: "fine" },
    ]);
    expect(Object.fromEntries(answers.map(({ name, errorCode }) => [name, errorCode]))).toEqual({
      there: ErrorCode.TOPIC_ALREADY_EXISTS,
      "bad/name": ErrorCode.INVALID_TOPIC_EXCEPTION,
      twice: ErrorCode.INVALID_REQUEST,
      empty: ErrorCode.INVALID_CONFIG,
      typo: ErrorCode.INVALID_CONFIG,
      proto: ErrorCode.INVALID_CONFIG,
      none: ErrorCode.INVALID_PARTITIONS,
      copies: ErrorCode.INVALID_REPLICATION_FACTOR,
      elsewhere: ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      fine: ErrorCode.NONE,
    });
    expect(
      answers.every(({ errorCode, errorMessage }) => (errorCode === 0) === (errorMessage === null)),
    ).toBe(true);
    expect([...api.topics.all()].map(({ name }) => name)).toEqual(["there", "fine"]);
  });

  test("asks the authorizer", async () => {
    const api = new ApiHarness({ authorizer: (_, __, ___, name) => name === "mine" });
    const codes = (await create(api, 5, [{ name: "mine" }, { name: "theirs" }])).map(
      ({ errorCode }) => errorCode,
    );
    expect(codes).toEqual([ErrorCode.NONE, ErrorCode.TOPIC_AUTHORIZATION_FAILED]);
  });
});

describe("DeleteTopics", () => {
  const timeoutMs = 1000;

  for (const version of [1, 2, 3, 4, 5, 6]) {
    test(`v${version} deletes by name`, async () => {
      const api = new ApiHarness();
      const topic = api.topics.add("old");
      const names = ["old", "nowhere"];
      const wanted =
        version < 6 ? { topicNames: names } : { topics: names.map((name) => ({ name, topicId: ZERO_UUID })) };
      const { responses } = await api.call(ApiKey.DELETE_TOPICS, version, { ...wanted, timeoutMs });
      expect(responses.map(({ name, errorCode }) => [name, errorCode])).toEqual([
        ["old", ErrorCode.NONE],
        ["nowhere", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      ]);
      expect(responses[0]!.topicId).toBe(version < 6 ? ZERO_UUID : topic.id);
      expect([...api.topics.all()]).toEqual([]);
    });

    test(`v${version} refuses where deletion is switched off`, async () => {
      const api = new ApiHarness({ config: { "delete.topic.enable": "false" } });
      api.topics.add("old");
      const wanted =
        version < 6 ? { topicNames: ["old"] } : { topics: [{ name: "old", topicId: ZERO_UUID }] };
      const { responses } = await api.call(ApiKey.DELETE_TOPICS, version, { ...wanted, timeoutMs });
      const expected = version < 3 ? ErrorCode.INVALID_REQUEST : ErrorCode.TOPIC_DELETION_DISABLED;
      expect(responses[0]!.errorCode).toBe(expected);
      expect([...api.topics.all()]).toHaveLength(1);
    });
  }

  test("deletes by id, and refuses what names no topic, two, or one twice", async () => {
    const api = new ApiHarness();
    const [one, two, three] = ["one", "two", "three"].map((name) => api.topics.add(name));
    const topics = [
      { name: null, topicId: one!.id },
      { name: null, topicId: "AAAAAAAAAAAAAAAAAAAAAQ" },
      { name: null, topicId: ZERO_UUID },
      { name: "two", topicId: two!.id },
      { name: "three", topicId: ZERO_UUID },
      { name: "three", topicId: ZERO_UUID },
    ];
    const { responses } = await api.call(ApiKey.DELETE_TOPICS, 6, { topics, timeoutMs });
    expect(responses.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ["one", ErrorCode.NONE],
      [null, ErrorCode.UNKNOWN_TOPIC_ID],
      [null, ErrorCode.INVALID_REQUEST],
      ["two", ErrorCode.INVALID_REQUEST],
      ["three", ErrorCode.INVALID_REQUEST],
    ]);
    expect([...api.topics.all()]).toEqual([two, three]);
  });

  test("asks the authorizer, by the topic's name also where the id is given", async () => {
    const api = new ApiHarness({ authorizer: (_, operation) => operation !== "delete" });
    const topic = api.topics.add("kept");
    const topics = [
      { name: "kept", topicId: ZERO_UUID },
      { name: null, topicId: topic.id },
    ];
    const { responses } = await api.call(ApiKey.DELETE_TOPICS, 6, { topics, timeoutMs });
    expect(responses.map(({ errorCode }) => errorCode)).toEqual([29, 29]);
  });
});

describe("DescribeConfigs", () => {
  const TOPIC = 2;
  const BROKER = 4;
  const ask = (
    resourceType: number,
    resourceName: string,
    configurationKeys: readonly string[] | null = null,
  ) => ({
    resourceType,
    resourceName,
    configurationKeys,
  });

  for (const version of [1, 2, 3, 4]) {
    test(`v${version} describes a topic, each value with its origin`, async () => {
      const api = new ApiHarness();
      api.topics.add("orders", 1, { "retention.ms": "99" });
      const { results } = await api.call(ApiKey.DESCRIBE_CONFIGS, version, {
        resources: [ask(TOPIC, "orders", ["retention.ms", "segment.bytes"])],
        includeSynonyms: true,
        ...(version >= 3 && { includeDocumentation: true }),
      });
      expect(results[0]).toMatchObject({
        errorCode: 0,
        errorMessage: null,
        resourceType: TOPIC,
        resourceName: "orders",
      });
      expect(results[0]!.configs.map(({ name, value, configSource }) => [name, value, configSource])).toEqual(
        [
          ["retention.ms", "99", 1],
          ["segment.bytes", "1073741824", 5],
        ],
      );
      const retention = results[0]!.configs[0]!;
      expect(retention.synonyms.map(({ name }) => name)).toEqual(["retention.ms", "log.retention.ms"]);
      expect(retention.documentation === "").toBe(version < 3);
      expect(retention.configType).toBe(version < 3 ? 0 : 5);
    });
  }

  test("describes this broker, with what consoles look for", async () => {
    const { results } = await new ApiHarness().call(ApiKey.DESCRIBE_CONFIGS, 4, {
      resources: [ask(BROKER, "1")],
    });
    const byName = new Map(results[0]!.configs.map((config) => [config.name, config]));
    expect(byName.get("num.partitions")).toMatchObject({ value: "1", readOnly: true, synonyms: [] });
    expect(byName.get("inter.broker.protocol.version")?.value).toMatch(/^\d\.\d/);
    expect(byName.get("num.partitions")!.documentation).toBeNull();
  });

  test("answers for what is not there, and once for what is named twice", async () => {
    const api = new ApiHarness();
    api.topics.add("orders");
    const { results } = await api.call(ApiKey.DESCRIBE_CONFIGS, 4, {
      resources: [
        ask(TOPIC, "nowhere"),
        ask(TOPIC, "a/b"),
        ask(BROKER, "2"),
        ask(BROKER, ""),
        ask(8, "logger"),
        ask(TOPIC, "orders"),
        ask(TOPIC, "orders"),
      ],
    });
    expect(results.map(({ resourceName, errorCode }) => [resourceName, errorCode])).toEqual([
      ["nowhere", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      ["a/b", ErrorCode.INVALID_TOPIC_EXCEPTION],
      ["2", ErrorCode.INVALID_REQUEST],
      ["", ErrorCode.NONE],
      ["logger", ErrorCode.INVALID_REQUEST],
      ["orders", ErrorCode.NONE],
    ]);
  });
});
