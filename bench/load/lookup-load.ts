import { assert } from "../../src/base/assert.ts";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { errorName } from "../../src/protocol/error-codes.ts";
import { decodeResponse } from "../../src/protocol/header.ts";
import { recordBatch } from "../../src/protocol/record-batch.ts";
import { BenchClient, requestFrame } from "./bench-client.ts";
import { LatencySamples, type LatencySummary } from "./latency-samples.ts";
import { loadOptions } from "./load-options.ts";
import { reportResult } from "./load-process.ts";
import { RECORDS_PER_UNIT, SMALL_BATCH_BYTES } from "./sparse-partition.ts";

/**
 * Looks batches up in sparse partitions, one after the other on one connection: all targets take turns, there and back
 * (A B B A), so that what drifts hits all alike. Every answer is checked. Prints one line of JSON.
 */
export interface LookupTarget {
  readonly topic: string;
  /** By offset: a fetch of one batch. By time: ListOffsets with a timestamp, and then that fetch. */
  readonly by: "offset" | "time";
  /** Units of the partition, of which one is chosen at random each time. */
  readonly firstUnit: number;
  readonly units: number;
  readonly firstTimestampMs: number;
}

export interface LookupOptions {
  readonly port: number;
  readonly targets: readonly LookupTarget[];
  readonly warmupSeconds: number;
  readonly seconds: number;
}

export interface LookupResult {
  /** In the order of the targets. */
  readonly targets: readonly { readonly firstMs: number; readonly latency: LatencySummary }[];
}

const FETCH_VERSION = 11;
const LIST_OFFSETS_VERSION = 5;
const SAMPLES_MAX = 1_000_000;

const options = loadOptions<LookupOptions>();

async function fetchBatch(client: BenchClient, topic: string, offset: number): Promise<void> {
  const frame = requestFrame(ApiKey.FETCH, FETCH_VERSION, {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: SMALL_BATCH_BYTES,
    topics: [
      { topic, partitions: [{ partition: 0, fetchOffset: offset, partitionMaxBytes: SMALL_BATCH_BYTES }] },
    ],
    forgottenTopicsData: [],
  });
  const { value } = decodeResponse(ApiKey.FETCH, FETCH_VERSION, await client.exchange(frame));
  const answer = value.responses[0]!.partitions[0]!;
  assert(answer.errorCode === 0, `a fetch is answered ${errorName(answer.errorCode)}`);
  const { records } = answer;
  assert(records !== null && records.byteLength >= SMALL_BATCH_BYTES, "a fetch brings a whole batch");
  assert(recordBatch.baseOffset(records, 0) === offset, "a fetch brings the batch that was asked for");
}

async function offsetAt(client: BenchClient, topic: string, timestamp: number): Promise<number> {
  const answer = await client.ask(ApiKey.LIST_OFFSETS, LIST_OFFSETS_VERSION, {
    replicaId: -1,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }],
  });
  const found = answer.topics[0]!.partitions[0]!;
  assert(found.errorCode === 0, `ListOffsets is answered ${errorName(found.errorCode)}`);
  return found.offset;
}

/** Milliseconds. */
async function lookUp(client: BenchClient, target: LookupTarget): Promise<number> {
  const unit = target.firstUnit + Math.floor(Math.random() * target.units);
  const expected = unit * RECORDS_PER_UNIT;
  const startedMs = performance.now();
  if (target.by === "time") {
    const offset = await offsetAt(client, target.topic, target.firstTimestampMs + unit);
    assert(offset === expected, "a time leads to its offset");
  }
  await fetchBatch(client, target.topic, expected);
  return performance.now() - startedMs;
}

/** There and back over all targets until `untilMs`. */
async function rounds(
  client: BenchClient,
  samples: readonly LatencySamples[],
  untilMs: number,
): Promise<void> {
  const order = options.targets.map((_, index) => index);
  while (performance.now() < untilMs) {
    for (const index of order) samples[index]!.record(await lookUp(client, options.targets[index]!));
    order.reverse();
  }
}

const newSamples = (): LatencySamples[] => options.targets.map(() => new LatencySamples(SAMPLES_MAX));
const client = await BenchClient.connect(options.port);
const firstMs: number[] = [];
for (const target of options.targets) firstMs.push(await lookUp(client, target));
await rounds(client, newSamples(), performance.now() + options.warmupSeconds * 1000);
const samples = newSamples();
await rounds(client, samples, performance.now() + options.seconds * 1000);
const result: LookupResult = {
  targets: samples.map((measured, index) => ({ firstMs: firstMs[index]!, latency: measured.summary()! })),
};
reportResult(result);
