import { describe, expect, test } from "vitest";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { decodeMessage } from "../../src/protocol/codec.ts";
import {
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from "../../src/protocol/header.ts";
import { messages } from "../../src/protocol/messages.ts";
import { joinBytes } from "./bytes.ts";

const topics = [{ name: "a" }];

describe("request headers", () => {
  test("before flexible versions: key, version, correlation id, client id", () => {
    const frame = encodeRequest(ApiKey.METADATA, 8, 0x01020304, "me", { topics });
    expect([...frame.subarray(0, 12)]).toEqual([0, 3, 0, 8, 1, 2, 3, 4, 0, 2, 0x6d, 0x65]);
    expect(decodeRequestHeader(frame)).toEqual({
      apiKey: ApiKey.METADATA,
      apiVersion: 8,
      correlationId: 0x01020304,
      clientId: "me",
      bodyAt: 12,
    });
  });

  test("in flexible versions: the client id keeps its int16 length, tagged fields follow", () => {
    const frame = encodeRequest(ApiKey.METADATA, 9, 1, "me", { topics });
    expect([...frame.subarray(8, 13)]).toEqual([0, 2, 0x6d, 0x65, 0]);
    const { bodyAt } = decodeRequestHeader(frame);
    expect(bodyAt).toBe(13);
    expect(decodeMessage(messages[ApiKey.METADATA].request, 9, frame, bodyAt).value.topics?.[0]?.name).toBe(
      "a",
    );
  });

  test("may have no client id", () => {
    const frame = encodeRequest(ApiKey.METADATA, 9, 1, null, { topics });
    expect(decodeRequestHeader(frame).clientId).toBeNull();
  });

  test("an ApiVersions request of a version from the future can be read", () => {
    const frame = encodeRequest(ApiKey.API_VERSIONS, 4, 77, "new", {});
    frame[3] = 90;
    expect(decodeRequestHeader(frame)).toMatchObject({ apiVersion: 90, correlationId: 77, clientId: "new" });
  });
});

describe("response headers", () => {
  test("have tagged fields in flexible versions", () => {
    const old = encodeResponse(ApiKey.METADATA, 8, 9, { brokers: [], topics: [] });
    const flexible = encodeResponse(ApiKey.METADATA, 9, 9, { brokers: [], topics: [] });
    expect([...(old[0] as Uint8Array).subarray(0, 5)]).toEqual([0, 0, 0, 9, 0]);
    expect(decodeResponse(ApiKey.METADATA, 8, old[0] as Uint8Array).correlationId).toBe(9);
    expect(decodeResponse(ApiKey.METADATA, 9, flexible[0] as Uint8Array).value.brokers).toEqual([]);
  });

  test("of ApiVersions are v0 in every version: the client may not know the broker yet", () => {
    for (const version of [0, 1, 2, 3, 4]) {
      const [bytes] = encodeResponse(ApiKey.API_VERSIONS, version, 1, { errorCode: 35, apiKeys: [] });
      expect([...(bytes as Uint8Array).subarray(0, 6)]).toEqual([0, 0, 0, 1, 0, 35]);
    }
  });
});

/** Metadata v0 byte for byte, as kafka-go and old clients read it. */
test("Metadata v0 has brokers and topics and nothing else", () => {
  const [bytes] = encodeResponse(ApiKey.METADATA, 0, 2, {
    throttleTimeMs: 5,
    clusterId: "dropped",
    controllerId: 1,
    brokers: [{ nodeId: 1, host: "h", port: 9092, rack: "dropped" }],
    topics: [
      {
        errorCode: 0,
        name: "t",
        topicId: "AAAAAAAAAAAAAAAAAAAAAQ",
        partitions: [{ errorCode: 0, partitionIndex: 3, leaderId: 1, replicaNodes: [1], isrNodes: [1] }],
      },
    ],
  });
  const int32 = (value: number) => new Uint8Array([0, 0, value >> 8, value]);
  const expected = joinBytes([
    int32(2),
    ...[int32(1), int32(1), new Uint8Array([0, 1, 0x68]), int32(9092)],
    ...[int32(1), new Uint8Array([0, 0, 0, 1, 0x74]), int32(1)],
    ...[new Uint8Array([0, 0]), int32(3), int32(1), int32(1), int32(1), int32(1), int32(1)],
  ]);
  expect(bytes).toEqual(expected);
});
