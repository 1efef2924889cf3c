import { describe, expect, test } from "vitest";
import { apiTable } from "../../src/api/api-table.ts";
import { UNLIMITED_LEASE } from "../../src/net/dispatch.ts";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { decodeResponse, encodeRequest } from "../../src/protocol/header.ts";
import { messages } from "../../src/protocol/messages.ts";
import { ApiHarness, collect } from "../support/api-harness.ts";
import { settled } from "../support/settled.ts";

const ADVERTISED = [
  [ApiKey.PRODUCE, 0, 13],
  [ApiKey.FETCH, 4, 18],
  [ApiKey.LIST_OFFSETS, 1, 11],
  [ApiKey.METADATA, 0, 13],
  [ApiKey.API_VERSIONS, 0, 4],
  [ApiKey.CREATE_TOPICS, 2, 7],
  [ApiKey.DELETE_TOPICS, 1, 6],
  [ApiKey.INIT_PRODUCER_ID, 0, 5],
  [ApiKey.OFFSET_FOR_LEADER_EPOCH, 2, 4],
  [ApiKey.DESCRIBE_CONFIGS, 1, 4],
  [ApiKey.DESCRIBE_CLUSTER, 0, 2],
  [ApiKey.DESCRIBE_TOPIC_PARTITIONS, 0, 0],
];
const CLIENT = { clientSoftwareName: "apache-kafka-java", clientSoftwareVersion: "4.2.0" };

describe("ApiVersions", () => {
  for (const version of [0, 1, 2, 3, 4]) {
    test(`v${version} lists what is served and nothing else`, async () => {
      const answer = await new ApiHarness().call(ApiKey.API_VERSIONS, version, version < 3 ? {} : CLIENT);
      expect(answer.errorCode).toBe(ErrorCode.NONE);
      expect(
        answer.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, minVersion, maxVersion]),
      ).toEqual(ADVERTISED);
      expect(answer.finalizedFeaturesEpoch).toBe(-1);
    });
  }

  test("of a version that does not exist is answered in version 0, with error 35 and its own range", async () => {
    const frame = encodeRequest(ApiKey.API_VERSIONS, 4, 5, "test", CLIENT);
    new DataView(frame.buffer, frame.byteOffset).setInt16(2, 99);
    const { dispatch, peer } = new ApiHarness();
    const response = await settled(dispatch(peer, frame, UNLIMITED_LEASE));
    const { correlationId, value } = decodeResponse(ApiKey.API_VERSIONS, 0, collect(response!.parts));
    expect(correlationId).toBe(5);
    expect(value.errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION);
    expect(value.apiKeys).toEqual([{ apiKey: ApiKey.API_VERSIONS, minVersion: 0, maxVersion: 4 }]);
  });

  test.each(["", "-java", "java-", "ja va", "java\n"])(
    "refuses the client software name %j",
    async (name) => {
      const answer = await new ApiHarness().call(ApiKey.API_VERSIONS, 3, {
        ...CLIENT,
        clientSoftwareName: name,
      });
      expect(answer.errorCode).toBe(ErrorCode.INVALID_REQUEST);
      expect(answer.apiKeys).toEqual([]);
    },
  );
});

describe("the table of what is served", () => {
  test("holds only versions that can be decoded and encoded", () => {
    for (const { key, min, max } of apiTable) {
      expect(min).toBeGreaterThanOrEqual(messages[key].versions.min);
      expect(max).toBeLessThanOrEqual(messages[key].versions.max);
    }
  });

  test.each([
    ["Produce v0, although it is advertised", ApiKey.PRODUCE, 0],
    ["Produce v2, although it is advertised", ApiKey.PRODUCE, 2],
    ["Produce v14", ApiKey.PRODUCE, 14],
    ["Fetch v3", ApiKey.FETCH, 3],
    ["FindCoordinator", ApiKey.FIND_COORDINATOR, 0],
    ["Metadata v-1", ApiKey.METADATA, -1],
    ["a key that Kafka does not have", 999, 0],
  ])("closes the connection of who asks for %s", (_, apiKey, version) => {
    const { dispatch, peer } = new ApiHarness();
    const frame = new Uint8Array([
      ...[apiKey >> 8, apiKey],
      ...[version >> 8, version],
      0,
      0,
      0,
      1,
      255,
      255,
      0,
      0,
      0,
    ]);
    expect(() => dispatch(peer, frame, UNLIMITED_LEASE)).toThrow();
  });

  test("closes the connection of who sends garbage", () => {
    const { dispatch, peer } = new ApiHarness();
    for (let length = 0; length < 14; length++) {
      expect(() => dispatch(peer, new Uint8Array(length), UNLIMITED_LEASE)).toThrow();
    }
  });
});
