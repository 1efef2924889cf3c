import { describe, expect, test } from "vitest";
import { PARTITION_STATUS } from "../../src/io/partition-state.ts";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { decodeResponse, encodeRequest } from "../../src/protocol/header.ts";
import type { RequestInputOf } from "../../src/protocol/messages.ts";
import { recordBatch } from "../../src/protocol/record-batch.ts";
import { ZERO_UUID } from "../../src/protocol/text.ts";
import { ApiHarness, collect } from "../support/api-harness.ts";
import { batchOf, batchOfBytes } from "../support/batches.ts";
import type { FakeTopic } from "../support/fake-topics.ts";
import { settled } from "../support/settled.ts";

type Request = RequestInputOf<typeof ApiKey.PRODUCE>;

const VERSIONS = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];

/** A request for one topic, by name or id as the version has it. */
function produceRequest(
  topic: Pick<FakeTopic, "name" | "id">,
  records: Uint8Array | null,
  rest: Partial<Request> & { partitions?: readonly number[] } = {},
): Request {
  const { partitions = [0], ...fields } = rest;
  const partitionData = partitions.map((index) => ({ index, records }));
  return {
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ name: topic.name, topicId: topic.id, partitionData }],
    ...fields,
  };
}

async function produceOne(api: ApiHarness, version: number, request: Request) {
  const { responses } = await api.call(ApiKey.PRODUCE, version, request);
  return responses[0]!.partitionResponses[0]!;
}

describe("Produce", () => {
  test("gives its frame back once, when the batches of all partitions are taken", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders", 3);
    const batch = batchOf(["a", "b"]);
    const request = produceRequest(topic, batch, { partitions: [0, 9, 1, 2] });
    const frame = encodeRequest(ApiKey.PRODUCE, 11, 5, "client", request);
    let released = 0;
    const release = (): void => {
      released++;
      frame.fill(0xdd);
    };
    const response = await settled(api.dispatch(api.peer, frame, { release }));
    expect(released).toBe(1);
    for (const append of api.router.appends) expect(Buffer.compare(append.batch, batch)).toBe(0);
    expect(api.router.appends.map((append) => append.partition)).toEqual([0, 1, 2]);
    const { correlationId, value } = decodeResponse(ApiKey.PRODUCE, 11, collect(response!.parts));
    expect(correlationId).toBe(5);
    expect(value.responses[0]!.name).toBe("orders");
    expect(value.responses[0]!.partitionResponses.map(({ index, errorCode }) => [index, errorCode])).toEqual([
      [0, ErrorCode.NONE],
      [9, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      [1, ErrorCode.NONE],
      [2, ErrorCode.NONE],
    ]);
  });

  for (const version of VERSIONS) {
    test(`v${version} appends a batch as it came and answers its offset`, async () => {
      const api = new ApiHarness();
      const topic = api.topics.add("orders", 2);
      const batch = batchOf(["a", "b"]);
      await produceOne(api, version, produceRequest(topic, batch, { partitions: [1] }));
      const { responses } = await api.call(
        ApiKey.PRODUCE,
        version,
        produceRequest(topic, batch, { partitions: [1] }),
      );
      expect(responses[0]!.name).toBe(version < 13 ? "orders" : "");
      expect(responses[0]!.topicId).toBe(version < 13 ? ZERO_UUID : topic.id);
      expect(responses[0]!.partitionResponses[0]).toMatchObject({
        index: 1,
        errorCode: ErrorCode.NONE,
        baseOffset: 2,
        logAppendTimeMs: -1,
        logStartOffset: version < 5 ? -1 : 0,
        errorMessage: null,
      });
      expect(api.router.appends.map((append) => append.partition)).toEqual([1, 1]);
      expect(Buffer.compare(api.router.appends[0]!.batch, batch)).toBe(0);
    });
  }

  test("waits for the disk with acks=all only", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders");
    for (const acks of [-1, 1]) await produceOne(api, 9, produceRequest(topic, batchOf(["a"]), { acks }));
    expect(api.router.appends.map(({ acks }) => acks)).toEqual(["all", "leader"]);
  });

  test("hands over the batches of pipelined requests in their order, before anything is awaited", () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders");
    const batches = [batchOf(["1"]), batchOf(["2"]), batchOf(["3"])];
    for (const batch of batches) void api.send(ApiKey.PRODUCE, 9, produceRequest(topic, batch));
    expect(api.router.appends.map(({ batch }) => Buffer.from(batch))).toEqual(
      batches.map((b) => Buffer.from(b)),
    );
  });

  test("answers every partition for itself", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders", 2);
    const request = produceRequest(topic, batchOf(["a"]), { partitions: [0, 7, 1] });
    const { responses } = await api.call(ApiKey.PRODUCE, 9, request);
    expect(responses[0]!.partitionResponses.map(({ index, errorCode }) => [index, errorCode])).toEqual([
      [0, ErrorCode.NONE],
      [7, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      [1, ErrorCode.NONE],
    ]);
  });

  test("passes on what the log refuses", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders");
    api.router.failures.set(topic.partitions[0]!, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
    const answer = await produceOne(api, 9, produceRequest(topic, batchOf(["a"])));
    expect(answer).toMatchObject({ errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, baseOffset: -1 });
  });
});

/** Each is refused with nothing written. */
const REFUSALS: readonly [string, number, ErrorCode, (topic: FakeTopic) => Request][] = [
  [
    "acks=2",
    9,
    ErrorCode.INVALID_REQUIRED_ACKS,
    (topic) => produceRequest(topic, batchOf(["a"]), { acks: 2 }),
  ],
  [
    "acks=-2",
    3,
    ErrorCode.INVALID_REQUIRED_ACKS,
    (topic) => produceRequest(topic, batchOf(["a"]), { acks: -2 }),
  ],
  [
    "a topic that does not exist",
    9,
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    () => produceRequest({ name: "nowhere", id: ZERO_UUID }, batchOf(["a"])),
  ],
  [
    "a topic id that does not exist",
    13,
    ErrorCode.UNKNOWN_TOPIC_ID,
    () => produceRequest({ name: "", id: "AAAAAAAAAAAAAAAAAAAAAQ" }, batchOf(["a"])),
  ],
  [
    "a bad topic name",
    9,
    ErrorCode.INVALID_TOPIC_EXCEPTION,
    () => produceRequest({ name: "../etc", id: ZERO_UUID }, batchOf(["a"])),
  ],
  [
    "a negative partition",
    9,
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    (topic) => produceRequest(topic, batchOf(["a"]), { partitions: [-1] }),
  ],
  ["null records", 9, ErrorCode.INVALID_RECORD, (topic) => produceRequest(topic, null)],
  ["no records", 9, ErrorCode.INVALID_RECORD, (topic) => produceRequest(topic, new Uint8Array(0))],
  [
    "half a batch",
    9,
    ErrorCode.INVALID_RECORD,
    (topic) => produceRequest(topic, batchOf(["abc"]).subarray(0, 62)),
  ],
  [
    "two batches",
    9,
    ErrorCode.INVALID_RECORD,
    (topic) => produceRequest(topic, Buffer.concat([batchOf(["a"]), batchOf(["b"])])),
  ],
  ["a batch of the old format", 3, ErrorCode.INVALID_RECORD, (topic) => produceRequest(topic, withMagic(1))],
  ["a batch of no format", 9, ErrorCode.CORRUPT_MESSAGE, (topic) => produceRequest(topic, withMagic(3))],
  [
    "a batch with a length of 0",
    9,
    ErrorCode.CORRUPT_MESSAGE,
    (topic) => produceRequest(topic, new Uint8Array(80)),
  ],
  [
    "a batch without room for its header",
    9,
    ErrorCode.CORRUPT_MESSAGE,
    (topic) => produceRequest(topic, stump()),
  ],
  [
    "zstd before v7",
    6,
    ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
    (topic) => produceRequest(topic, batchOf(["a"], { codec: 4 })),
  ],
  [
    "a transactional batch",
    9,
    ErrorCode.INVALID_TXN_STATE,
    (topic) =>
      produceRequest(
        topic,
        batchOf(["a"], { isTransactional: true, producerId: 1, producerEpoch: 0, baseSequence: 0 }),
      ),
  ],
  [
    "a batch over max.message.bytes",
    9,
    ErrorCode.MESSAGE_TOO_LARGE,
    (topic) => produceRequest(topic, batchOfBytes(2000)),
  ],
];

describe("Produce refuses, with nothing written,", () => {
  test.each(REFUSALS)("%s", async (_, version, errorCode, makeRequest) => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders", 1, { "max.message.bytes": "1000" });
    const answer = await produceOne(api, version, makeRequest(topic));
    expect(answer).toMatchObject({ errorCode, baseOffset: -1 });
    expect(api.router.appends).toEqual([]);
  });

  test.each(REFUSALS)("with acks=0 and a closed connection, %s", async (_, version, __, makeRequest) => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders", 1, { "max.message.bytes": "1000" });
    const request = makeRequest(topic);
    const acks = request.acks === -1 ? 0 : request.acks;
    const sent = api.send(ApiKey.PRODUCE, version, { ...request, acks });
    if (acks === 0) await expect(sent).rejects.toThrow("acks=0");
    else await sent;
    expect(api.router.appends).toEqual([]);
  });

  test("acks=all where the topic wants more replicas than there are", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders", 1, { "min.insync.replicas": "2" });
    const answer = await produceOne(api, 9, produceRequest(topic, batchOf(["a"])));
    expect(answer.errorCode).toBe(ErrorCode.NOT_ENOUGH_REPLICAS);
    expect(answer.errorMessage).toContain("min.insync.replicas");
    expect((await produceOne(api, 9, produceRequest(topic, batchOf(["a"]), { acks: 1 }))).errorCode).toBe(0);
    expect(api.router.appends).toHaveLength(1);
  });

  test("what the authorizer denies", async () => {
    const api = new ApiHarness({
      authorizer: (_, operation, __, name) => operation !== "write" || name !== "secret",
    });
    const [secret, open] = [api.topics.add("secret"), api.topics.add("open")];
    const answers = await api.call(ApiKey.PRODUCE, 9, {
      ...produceRequest(secret, batchOf(["a"])),
      topicData: [secret, open].flatMap((topic) => produceRequest(topic, batchOf(["a"])).topicData),
    });
    expect(answers.responses.map(({ partitionResponses }) => partitionResponses[0]!.errorCode)).toEqual([
      ErrorCode.TOPIC_AUTHORIZATION_FAILED,
      ErrorCode.NONE,
    ]);
    expect(api.router.appends.map(({ topic }) => topic)).toEqual(["open"]);
  });

  test("why a batch is too large, in words, from v8", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders", 1, { "max.message.bytes": "1000" });
    const answer = await produceOne(api, 8, produceRequest(topic, batchOfBytes(2000)));
    expect(answer.errorMessage).toContain("max.message.bytes of the topic is 1000");
    const older = await produceOne(api, 7, produceRequest(topic, batchOfBytes(2000)));
    expect(older.errorCode).toBe(ErrorCode.MESSAGE_TOO_LARGE);
  });
});

describe("Produce to a partition that", () => {
  test.each([
    ["is opening", PARTITION_STATUS.OPENING, ErrorCode.NOT_LEADER_OR_FOLLOWER],
    ["has lost its disk", PARTITION_STATUS.OFFLINE, ErrorCode.KAFKA_STORAGE_ERROR],
    ["is deleted", PARTITION_STATUS.DELETED, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
  ])("%s is refused", async (_, status, errorCode) => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders");
    topic.partitions[0]!.publish({ status });
    expect(await produceOne(api, 9, produceRequest(topic, batchOf(["a"])))).toMatchObject({ errorCode });
    expect(api.router.appends).toEqual([]);
  });

  for (const version of VERSIONS) {
    test(`has another leader names it from v10 (v${version})`, async () => {
      const api = new ApiHarness();
      const topic = api.topics.add("orders");
      topic.partitions[0]!.publish({ leaderEpoch: 4 });
      api.router.failures.set(topic.partitions[0]!, ErrorCode.NOT_LEADER_OR_FOLLOWER);
      const { responses, nodeEndpoints } = await api.call(
        ApiKey.PRODUCE,
        version,
        produceRequest(topic, batchOf(["a"])),
      );
      const named = version >= 10;
      expect(responses[0]!.partitionResponses[0]!.currentLeader).toEqual(
        named ? { leaderId: 1, leaderEpoch: 4 } : { leaderId: -1, leaderEpoch: -1 },
      );
      expect(nodeEndpoints).toEqual(named ? [{ nodeId: 1, host: "127.0.0.1", port: 9092, rack: null }] : []);
    });
  }
});

describe("Produce with acks=0", () => {
  test("appends and has no response", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders");
    expect(await api.send(ApiKey.PRODUCE, 9, produceRequest(topic, batchOf(["a"]), { acks: 0 }))).toBeNull();
    expect(topic.partitions[0]!.fields.endOffset).toBe(1);
  });

  test("closes the connection when the log refuses", async () => {
    const api = new ApiHarness();
    const topic = api.topics.add("orders");
    api.router.failures.set(topic.partitions[0]!, ErrorCode.CORRUPT_MESSAGE);
    const sent = api.send(ApiKey.PRODUCE, 9, produceRequest(topic, batchOf(["a"]), { acks: 0 }));
    await expect(sent).rejects.toThrow("CORRUPT_MESSAGE");
  });
});

function withMagic(magic: number): Uint8Array {
  const batch = batchOf(["a"]);
  recordBatch.setMagic(batch, 0, magic);
  return batch;
}

/** A batch whose length says that it ends within its own header. */
function stump(): Uint8Array {
  const batch = batchOf(["a"]).slice(0, 40);
  recordBatch.setLength(batch, 0, 40);
  return batch;
}
