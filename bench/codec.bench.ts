/**
 * How fast messages are read and written: `bun bench/codec.bench.ts`. One thread, everything in cache, so the upper
 * bound of what the codec allows. MB/s counts the bytes of the message, which for Produce are mostly records that
 * decoding does not touch.
 */
import { FileSpan, partsByteLength } from "../src/base/file-span.ts";
import type { FileDescriptor, FilePosition } from "../src/base/units.ts";
import { ApiKey } from "../src/protocol/api-keys.ts";
import { decodeMessage } from "../src/protocol/codec.ts";
import { crc32c } from "../src/protocol/crc32c.ts";
import { decodeRequestHeader, encodeRequest, encodeResponse } from "../src/protocol/header.ts";
import { messages } from "../src/protocol/messages.ts";
import { encodeRecordBatch } from "../src/protocol/record-batch-encoder.ts";
import { validateRecordBatch } from "../src/protocol/record-batch-validation.ts";

const ROUNDS = 5;
const ROUND_MS = 200;
const topicId = "4L6g3nShT-eMCtK--X86sw";

interface Case {
  readonly name: string;
  readonly bytes: number;
  readonly run: () => unknown;
}

const cases: Case[] = [
  ...produceCases(7, 100),
  ...produceCases(13, 16_384),
  ...fetchCases(11, 1),
  ...fetchCases(17, 1),
  ...fetchCases(17, 50),
  ...metadataCases(12, 1, 6),
  ...metadataCases(12, 100, 12),
  ...batchCases(100),
  ...batchCases(16_384),
  ...batchCases(1_048_576),
];

const COLUMNS = [44, 10, 8, 12, 8, 8];

console.log(line(["what", "bytes", "ns", "ops/s", "MB/s", "spread"]));
for (const each of cases) console.log(line(row(each)));

function line(cells: string[]): string {
  return cells
    .map((cell, at) => (at === 0 ? cell.padEnd(COLUMNS[at]!) : cell.padStart(COLUMNS[at]!)))
    .join("");
}

function row({ name, bytes, run }: Case): string[] {
  const nanoseconds = Array.from({ length: ROUNDS + 1 }, () => timed(run))
    .slice(1)
    .sort((one, other) => one - other);
  const median = nanoseconds[ROUNDS >> 1]!;
  const spread = (nanoseconds[ROUNDS - 1]! - nanoseconds[0]!) / median;
  return [
    name,
    String(bytes),
    median.toFixed(0),
    Math.round(1e9 / median).toLocaleString("en"),
    ((bytes / median) * 1000).toFixed(0),
    `${(spread * 100).toFixed(0)} %`,
  ];
}

/** Nanoseconds for one run. */
function timed(run: () => unknown): number {
  const start = Bun.nanoseconds();
  let runs = 0;
  for (; Bun.nanoseconds() - start < ROUND_MS * 1e6; runs += 64) for (let time = 0; time < 64; time++) run();
  return (Bun.nanoseconds() - start) / runs;
}

function requestCase(name: string, frame: Uint8Array): Case {
  const decode = () => {
    const { apiKey, apiVersion, bodyAt } = decodeRequestHeader(frame);
    return decodeMessage(messages[apiKey as typeof ApiKey.FETCH].request, apiVersion, frame, bodyAt);
  };
  return { name, bytes: frame.length, run: decode };
}

function produceCases(version: number, recordBytes: number): Case[] {
  const records = encodeRecordBatch({ records: [{ value: new Uint8Array(recordBytes), timestamp: 1 }] });
  const topicData = [{ name: "orders", topicId, partitionData: [{ index: 3, records }] }];
  const frame = encodeRequest(ApiKey.PRODUCE, version, 1, "producer-1", {
    acks: -1,
    timeoutMs: 30_000,
    topicData,
  });
  const partitionResponses = [{ index: 3, errorCode: 0, baseOffset: 2 ** 33, logStartOffset: 0 }];
  const value = { responses: [{ name: "orders", topicId, partitionResponses }] };
  const encode = () => encodeResponse(ApiKey.PRODUCE, version, 1, value);
  return [
    requestCase(`Produce v${version} request of ${recordBytes} B, decode`, frame),
    { name: `Produce v${version} response, encode`, bytes: partsByteLength(encode()), run: encode },
  ];
}

function fetchCases(version: number, partitionCount: number): Case[] {
  const indexes = Array.from({ length: partitionCount }, (_, index) => index);
  const asked = indexes.map((partition) => ({
    partition,
    fetchOffset: 2 ** 33,
    partitionMaxBytes: 1_048_576,
  }));
  const topics = [{ topic: "orders", topicId, partitions: asked }];
  const frame = encodeRequest(ApiKey.FETCH, version, 1, "consumer-1", {
    maxWaitMs: 500,
    minBytes: 1,
    topics,
  });
  const span = new FileSpan(3 as FileDescriptor, 0 as FilePosition, 65_536);
  const partitions = indexes.map((partitionIndex) => ({
    partitionIndex,
    errorCode: 0,
    highWatermark: 2 ** 33,
    lastStableOffset: 2 ** 33,
    logStartOffset: 0,
    records: span,
  }));
  const value = { responses: [{ topic: "orders", topicId, partitions }] };
  const encode = () => encodeResponse(ApiKey.FETCH, version, 1, value);
  return [
    requestCase(`Fetch v${version} request, ${partitionCount} partitions, decode`, frame),
    {
      name: `Fetch v${version} response, ${partitionCount} spans, encode`,
      bytes: partsByteLength(encode()) - 65_536 * partitionCount,
      run: encode,
    },
  ];
}

function metadataCases(version: number, topicCount: number, partitionCount: number): Case[] {
  const names = Array.from({ length: topicCount }, (_, index) => `topic-${index}`);
  const frame = encodeRequest(ApiKey.METADATA, version, 1, "admin", {
    topics: names.map((name) => ({ name })),
  });
  const partitions = Array.from({ length: partitionCount }, (_, partitionIndex) => ({
    errorCode: 0,
    partitionIndex,
    leaderId: 1,
    leaderEpoch: 0,
    replicaNodes: [1],
    isrNodes: [1],
  }));
  const value = {
    brokers: [{ nodeId: 1, host: "localhost", port: 9092 }],
    clusterId: "cluster",
    controllerId: 1,
    topics: names.map((name) => ({ errorCode: 0, name, topicId, partitions })),
  };
  const encode = () => encodeResponse(ApiKey.METADATA, version, 1, value);
  return [
    requestCase(`Metadata v${version} request, ${topicCount} topics, decode`, frame),
    {
      name: `Metadata v${version} response, ${topicCount} × ${partitionCount}, encode`,
      bytes: partsByteLength(encode()),
      run: encode,
    },
  ];
}

function batchCases(recordBytes: number): Case[] {
  const batch = encodeRecordBatch({ records: [{ value: new Uint8Array(recordBytes), timestamp: 1 }] });
  const shared = new Uint8Array(new SharedArrayBuffer(batch.length));
  shared.set(batch);
  const bytes = batch.length;
  return [
    { name: "crc32c of a batch in shared memory", bytes, run: () => crc32c(shared, 21, bytes) },
    { name: "validateRecordBatch, same", bytes, run: () => validateRecordBatch(shared, 0, bytes) },
  ];
}
