/**
 * Our bytes against code that others wrote: the record batches and messages of kafkajs (old encodings) and
 * @platformatic/kafka (flexible encodings).
 */
import { createRequire } from "node:module";
import { createRecordsBatch, fetchV17, metadataV12, Reader, readRecordsBatch } from "@platformatic/kafka";
import { describe, expect, test } from "vitest";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { decodeMessage } from "../../src/protocol/codec.ts";
import { Compression } from "../../src/protocol/compression.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { encodeResponse } from "../../src/protocol/header.ts";
import { messages } from "../../src/protocol/messages.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import { validateRecordBatch } from "../../src/protocol/record-batch-validation.ts";
import { readRecords } from "../../src/protocol/records.ts";

const require = createRequire(import.meta.url);
const LIMIT = 1_000_000;
const NOW = 1_700_000_000_000;
const utf8 = (text: string) => new TextEncoder().encode(text);

/** Long enough for every codec to find repetitions, and for several blocks of snappy's framing. */
const values = Array.from({ length: 60 }, (_, index) => `value ${index} `.repeat(100));

describe.each(["none", "gzip", "snappy", "lz4", "zstd"] as const)(
  "@platformatic/kafka, %s",
  (compression) => {
    const codec = Compression[compression.toUpperCase() as "NONE"];

    test("its record batches are valid and hold its records", () => {
      const sent = values.map((value, index) => ({
        topic: "t",
        key: Buffer.from(`k${index}`),
        value: Buffer.from(value),
        headers: new Map([[Buffer.from("h"), Buffer.from("x")]]),
        timestamp: BigInt(NOW + index),
      }));
      const written = createRecordsBatch(sent, { compression }) as unknown as { buffer: Buffer };
      const batch = new Uint8Array(written.buffer);
      expect(validateRecordBatch(batch, 0, batch.length)).toBe(ErrorCode.NONE);
      const read = [...readRecords(batch, 0, LIMIT)];
      expect(read.map((record) => Buffer.from(record.value!).toString())).toEqual(values);
      expect(read[59]).toMatchObject({ offset: 59, timestamp: NOW + 59, headers: [{ key: "h" }] });
    });

    test("it reads our record batches", () => {
      const records = values.map((value, index) => ({
        key: null,
        value: utf8(value),
        timestamp: NOW + index,
      }));
      const batch = readRecordsBatch(
        Reader.from(Buffer.from(encodeRecordBatch({ records, codec, baseOffset: 7 }))),
      );
      expect(batch.firstOffset).toBe(7n);
      expect(batch.records.map((record) => record.value?.toString())).toEqual(values);
      expect(batch.records[5]?.timestampDelta).toBe(5n);
    });
  },
);

describe("@platformatic/kafka, flexible messages", () => {
  const topicId = "4L6g3nShT-eMCtK--X86sw";
  const readerOf = (bytes: Uint8Array) => Reader.from(Buffer.from(bytes.subarray(5)));

  test("it reads our Metadata v12", () => {
    const [bytes] = encodeResponse(ApiKey.METADATA, 12, 1, {
      brokers: [{ nodeId: 1, host: "localhost", port: 9092 }],
      clusterId: "cluster",
      controllerId: 1,
      topics: [
        {
          errorCode: 0,
          name: "orders",
          topicId,
          partitions: [{ errorCode: 0, partitionIndex: 2, leaderId: 1, replicaNodes: [1, 2], isrNodes: [1] }],
        },
      ],
    });
    const read = metadataV12.parseResponse(1, 3, 12, readerOf(bytes as Uint8Array));
    expect(read.brokers).toEqual([{ nodeId: 1, host: "localhost", port: 9092, rack: null }]);
    expect(read.topics[0]).toMatchObject({ name: "orders", topicId: "e0bea0de-74a1-4fe7-8c0a-d2bef97f3ab3" });
    expect(read.topics[0]?.partitions[0]).toMatchObject({ partitionIndex: 2, replicaNodes: [1, 2] });
  });

  test("we read its Metadata v12 and Fetch v17 requests", () => {
    const metadata = metadataV12.createRequest(["orders"], true).buffer;
    expect(decodeMessage(messages[ApiKey.METADATA].request, 12, metadata, 0)).toMatchObject({
      value: { topics: [{ name: "orders" }], allowAutoTopicCreation: true },
      end: metadata.length,
    });
    const partition = {
      partition: 3,
      currentLeaderEpoch: 4,
      fetchOffset: 9_000_000_000n,
      lastFetchedEpoch: -1,
    };
    const topics = [
      {
        topicId: "e0bea0de-74a1-4fe7-8c0a-d2bef97f3ab3",
        partitions: [{ ...partition, partitionMaxBytes: 7 }],
      },
    ];
    const fetch = fetchV17.createRequest(500, 1, 1000, 0, 0, -1, topics, [], "rack").buffer;
    const decoded = decodeMessage(messages[ApiKey.FETCH].request, 17, fetch, 0);
    expect(decoded.end).toBe(fetch.length);
    expect(decoded.value).toMatchObject({ maxWaitMs: 500, rackId: "rack", topics: [{ topicId }] });
    expect(decoded.value.topics[0]?.partitions[0]).toMatchObject({
      partition: 3,
      fetchOffset: 9_000_000_000,
    });
  });
});

describe("kafkajs", () => {
  test.each([0, 1, 2, 3, 4, 5, 6])("reads our Metadata v%i, and we read its request", async (version) => {
    const { encode } = require(`kafkajs/src/protocol/requests/metadata/v${version}/request.js`)({
      topics: ["a", "b"],
    });
    const request: Uint8Array = (await encode()).buffer;
    const decoded = decodeMessage(messages[ApiKey.METADATA].request, version, request, 0);
    expect(decoded.end).toBe(request.length);
    expect(decoded.value.topics?.map((topic) => topic.name)).toEqual(["a", "b"]);

    const partition = { errorCode: 0, partitionIndex: 1, leaderId: 3, replicaNodes: [3], isrNodes: [3] };
    const [bytes] = encodeResponse(ApiKey.METADATA, version, 1, {
      brokers: [{ nodeId: 3, host: "h", port: 1 }],
      topics: [{ errorCode: 0, name: "t", partitions: [partition] }],
    });
    const response = require(`kafkajs/src/protocol/requests/metadata/v${version}/response.js`);
    const read = await response.decode(Buffer.from((bytes as Uint8Array).subarray(4)));
    expect(read.brokers[0]).toMatchObject({ nodeId: 3, host: "h", port: 1 });
    expect(read.topicMetadata[0]).toMatchObject({
      topic: "t",
      partitionMetadata: [{ partitionId: 1, isr: [3] }],
    });
  });

  test.each([4, 5, 7, 9, 11])("reads our Fetch v%i with its records", async (version) => {
    const records = encodeRecordBatch({
      records: [{ value: utf8("hello"), timestamp: NOW }],
      baseOffset: 12,
    });
    const partition = { partitionIndex: 0, errorCode: 0, highWatermark: 13, records };
    const [bytes] = encodeResponse(ApiKey.FETCH, version, 1, {
      responses: [{ topic: "t", partitions: [partition] }],
    });
    const response = require(`kafkajs/src/protocol/requests/fetch/v${version}/response.js`);
    const read = await response.decode(Buffer.from((bytes as Uint8Array).subarray(4)));
    const [message] = read.responses[0].partitions[0].messages;
    expect(message).toMatchObject({ offset: "12", value: Buffer.from("hello") });
  });
});
