import { describe, expect, test } from "vitest";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { DecodeError, decodeMessage, encodeMessage } from "../../src/protocol/codec.ts";
import { decodeRequestHeader } from "../../src/protocol/header.ts";
import {
  ARRAY_ELEMENTS_PER_MESSAGE_MAX,
  MessageReader,
  TAGGED_FIELDS_PER_OBJECT_MAX,
} from "../../src/protocol/message-reader.ts";
import { messages } from "../../src/protocol/messages.ts";
import { ZERO_UUID } from "../../src/protocol/text.ts";
import { joinBytes, unsignedVarint } from "./bytes.ts";

const metadata = messages[ApiKey.METADATA].request;
const createTopics = messages[ApiKey.CREATE_TOPICS].request;
const deleteTopics = messages[ApiKey.DELETE_TOPICS].request;
const apiVersions = messages[ApiKey.API_VERSIONS].request;
const produce = messages[ApiKey.PRODUCE].request;

const decode = decodeMessage;

describe("an array's count is bounded", () => {
  test("by the bytes that are left, before anything is allocated", () => {
    const claims = new Uint8Array([0x7f, 0xff, 0xff, 0xff, 0, 0]);
    expect(() => decode(metadata, 1, claims, 0)).toThrow(/array of 2147483647 elements in 2 bytes/);
  });

  test("by the smallest size of an element: 6 bytes are two strings at most in v1, an id and a name in v10", () => {
    expect(() => decode(metadata, 1, new Uint8Array([0, 0, 0, 4, 0, 0, 0, 0, 0, 0]), 0)).toThrow(DecodeError);
    const ten = joinBytes([unsignedVarint(2 + 1), new Uint8Array(2 * 18 - 1)]);
    expect(() => decode(metadata, 10, ten, 0)).toThrow(/array of 2 elements in 35 bytes/);
  });

  test("by the budget of the message, however many arrays it is spread over", () => {
    const half = ARRAY_ELEMENTS_PER_MESSAGE_MAX / 2;
    const topic = (brokerIds: number) => ({
      name: "t",
      numPartitions: 1,
      replicationFactor: 1,
      assignments: [{ partitionIndex: 0, brokerIds: new Array<number>(brokerIds).fill(1) }],
      configs: [],
    });
    const encode = (topics: ReturnType<typeof topic>[]) =>
      encodeMessage(createTopics, 5, { topics })[0] as Uint8Array;
    // Two topics and two assignments count too.
    expect(decode(createTopics, 5, encode([topic(half), topic(half - 4)]), 0).value.topics).toHaveLength(2);
    expect(() => decode(createTopics, 5, encode([topic(half), topic(half - 3)]), 0)).toThrow(
      /more than 100000 array elements/,
    );
  });

  test("and not below zero, where null is not allowed", () => {
    expect(() => decode(metadata, 0, new Uint8Array([0xff, 0xff, 0xff, 0xff]), 0)).toThrow(DecodeError);
    expect(decode(metadata, 1, new Uint8Array([0xff, 0xff, 0xff, 0xff]), 0).value.topics).toBeNull();
    expect(() => decode(metadata, 1, new Uint8Array([0xff, 0xff, 0xff, 0xfe]), 0)).toThrow(DecodeError);
    expect(() => decode(createTopics, 5, new Uint8Array([0]), 0)).toThrow(DecodeError);
  });
});

describe("tagged fields", () => {
  const name = new Uint8Array([2, 0x61]);
  const request = (tags: Uint8Array) => joinBytes([name, name, tags]);
  const unknown = (tag: number, size: number) =>
    joinBytes([unsignedVarint(tag), unsignedVarint(size), new Uint8Array(size)]);

  test("unknown ones are skipped and leave nothing", () => {
    const bytes = request(joinBytes([unsignedVarint(2), unknown(9, 3), unknown(500, 200)]));
    expect(decode(apiVersions, 3, bytes, 0)).toEqual({
      value: { clientSoftwareName: "a", clientSoftwareVersion: "a" },
      end: bytes.length,
    });
  });

  test("are 64 in one object at most", () => {
    const many = (count: number) => {
      const fields = Array.from({ length: count }, (_, tag) => unknown(100 + tag, 0));
      return request(joinBytes([unsignedVarint(count), ...fields]));
    };
    expect(decode(apiVersions, 3, many(TAGGED_FIELDS_PER_OBJECT_MAX), 0).value.clientSoftwareName).toBe("a");
    expect(() => decode(apiVersions, 3, many(TAGGED_FIELDS_PER_OBJECT_MAX + 1), 0)).toThrow(
      /65 tagged fields/,
    );
    const twentyMillion = request(joinBytes([unsignedVarint(20_000_000), new Uint8Array(1000)]));
    expect(() => decode(apiVersions, 3, twentyMillion, 0)).toThrow(DecodeError);
  });

  test("do not reach beyond the message", () => {
    const bytes = request(
      joinBytes([unsignedVarint(1), unsignedVarint(9), unsignedVarint(5), new Uint8Array(4)]),
    );
    expect(() => decode(apiVersions, 3, bytes, 0)).toThrow(/tagged field of 5 bytes in 4/);
  });

  test("that are known have the size of their content", () => {
    const fetch = messages[ApiKey.FETCH].request;
    const bytes = encodeMessage(fetch, 12, { clusterId: "abc", maxWaitMs: 0, minBytes: 0, topics: [] })[0]!;
    const sizeAt = (bytes as Uint8Array).length - 5;
    expect((bytes as Uint8Array)[sizeAt]).toBe(4);
    (bytes as Uint8Array)[sizeAt] = 3;
    expect(() => decode(fetch, 12, bytes as Uint8Array, 0)).toThrow(/size does not fit its content/);
  });
});

describe("varints", () => {
  const readVarint = (...bytes: number[]) => {
    const reader = new MessageReader();
    reader.begin("Varint", 0, new Uint8Array(bytes), 0);
    return reader.unsignedVarint();
  };

  test("hold 32 bits", () => {
    expect(readVarint(0xff, 0xff, 0xff, 0xff, 0x0f)).toBe(0xffff_ffff);
    expect(readVarint(0x80, 0x01)).toBe(128);
  });

  test("of more than 5 bytes or 32 bits are refused", () => {
    expect(() => readVarint(0xff, 0xff, 0xff, 0xff, 0x10)).toThrow(DecodeError);
    expect(() => readVarint(0x80, 0x80, 0x80, 0x80, 0x80, 0x01)).toThrow(DecodeError);
    expect(() => readVarint(0xff, 0xff)).toThrow(DecodeError);
  });
});

describe("strings and byte ranges", () => {
  test("a compact string is not longer than Kafka's strings", () => {
    const long = joinBytes([unsignedVarint(32_769), new Uint8Array(40_000)]);
    expect(() => decode(apiVersions, 3, long, 0)).toThrow(/string of 32768 bytes/);
  });

  test("a negative length is not taken for null where null is not allowed", () => {
    const bytes = new Uint8Array([0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0]);
    expect(() => decode(deleteTopics, 1, bytes, 0)).toThrow(/string of -1 bytes/);
  });

  test("malformed UTF-8 becomes U+FFFD, as in Kafka", () => {
    const bytes = new Uint8Array([0, 0, 0, 1, 0, 2, 0xff, 0x61, 0, 0, 0, 0]);
    expect(decode(deleteTopics, 1, bytes, 0).value.topicNames).toEqual(["\ufffda"]);
  });

  test("records are a view of the frame, with nothing before or after", () => {
    const records = new Uint8Array([7, 8, 9]);
    const topicData = [{ name: "t", partitionData: [{ index: 0, records }] }];
    const frame = encodeMessage(produce, 9, { acks: 1, timeoutMs: 0, topicData })[0] as Uint8Array;
    const view = decode(produce, 9, frame, 0).value.topicData[0]!.partitionData[0]!.records!;
    expect(view).toEqual(records);
    expect(view.buffer).toBe(frame.buffer);
  });
});

test("a version that a message does not have is a DecodeError, not a crash", () => {
  for (const version of [-1, 2, 14, 32_767]) {
    expect(() => decode(produce, version, new Uint8Array(100), 0)).toThrow(DecodeError);
  }
});

test("a start beyond the bytes is a DecodeError", () => {
  expect(() => decode(metadata, 1, new Uint8Array(4), 9)).toThrow(DecodeError);
});

test("a frame too short for a header is a DecodeError, an unknown key or version is not", () => {
  for (let length = 0; length < 10; length++) {
    expect(() => decodeRequestHeader(new Uint8Array(length))).toThrow(DecodeError);
  }
  const strange = new Uint8Array([0x7f, 0xff, 0x80, 0, 0, 0, 0, 5, 0, 1, 0x78]);
  expect(decodeRequestHeader(strange)).toEqual({
    apiKey: 32_767,
    apiVersion: -32_768,
    correlationId: 5,
    clientId: "x",
    bodyAt: 11,
  });
});

test("ids that are absent read as the zero id", () => {
  const bytes = encodeMessage(metadata, 4, { topics: [{ name: "a" }] })[0] as Uint8Array;
  expect(decode(metadata, 4, bytes, 0).value.topics?.[0]?.topicId).toBe(ZERO_UUID);
});
