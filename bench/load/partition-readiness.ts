import { ApiKey } from "../../src/protocol/api-keys.ts";
import { ErrorCode, errorName } from "../../src/protocol/error-codes.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import { BenchClient } from "./bench-client.ts";
import { PRODUCE_VERSION } from "./produce-frames.ts";

const LIST_OFFSETS_VERSION = 5;
const LATEST = -1;
const EARLIEST = -2;
const RETRY_MS = 1;
const VALUE_BYTES = 100;
/** Errors by which a broker says that a partition is not there yet. */
const NOT_YET: readonly number[] = [
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.KAFKA_STORAGE_ERROR,
];

/** End offset of each partition, once all of them answer. Rejects after `msMax`, or at once with another error. */
export function untilAllAnswer(
  port: number,
  topic: string,
  partitions: number,
  msMax: number,
): Promise<number[]> {
  return untilListed(port, topic, partitions, LATEST, msMax);
}

/** Log start offset of each partition. */
export function startOffsets(port: number, topic: string, partitions: number): Promise<number[]> {
  return untilListed(port, topic, partitions, EARLIEST, 0);
}

async function untilListed(
  port: number,
  topic: string,
  partitions: number,
  timestamp: number,
  msMax: number,
): Promise<number[]> {
  const deadline = performance.now() + msMax;
  const request = {
    replicaId: -1,
    topics: [
      {
        name: topic,
        partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({
          partitionIndex,
          timestamp,
        })),
      },
    ],
  };
  using client = await BenchClient.connect(port);
  for (;;) {
    const answer = await client.ask(ApiKey.LIST_OFFSETS, LIST_OFFSETS_VERSION, request);
    const answers = answer.topics[0]!.partitions;
    const failed = answers.find(({ errorCode }) => errorCode !== ErrorCode.NONE);
    if (failed === undefined) {
      const sorted = answers.toSorted((a, b) => a.partitionIndex - b.partitionIndex);
      return sorted.map(({ offset }) => offset);
    }
    refuseFinal(failed.errorCode, topic, failed.partitionIndex, deadline);
    await Bun.sleep(RETRY_MS);
  }
}

/** Appends one small record to each partition, all in one request, again where one does not take it yet. `acks`: 1 or -1. */
export async function untilAppended(
  port: number,
  topic: string,
  partitions: number,
  acks: number,
  msMax: number,
): Promise<void> {
  const deadline = performance.now() + msMax;
  const records = encodeRecordBatch({
    records: [{ value: new Uint8Array(VALUE_BYTES).fill(0x61), timestamp: Date.now() }],
  });
  let left = Array.from({ length: partitions }, (_, index) => index);
  using client = await BenchClient.connect(port);
  for (;;) {
    const answer = await client.ask(ApiKey.PRODUCE, PRODUCE_VERSION, {
      transactionalId: null,
      acks,
      timeoutMs: 30_000,
      topicData: [{ name: topic, partitionData: left.map((index) => ({ index, records })) }],
    });
    const failed = answer.responses[0]!.partitionResponses.filter(({ errorCode }) => errorCode !== 0);
    if (failed.length === 0) return;
    for (const { errorCode, index } of failed) refuseFinal(errorCode, topic, index, deadline);
    left = failed.map(({ index }) => index);
    await Bun.sleep(RETRY_MS);
  }
}

function refuseFinal(errorCode: number, topic: string, partition: number, deadline: number): void {
  if (NOT_YET.includes(errorCode) && performance.now() < deadline) return;
  throw new Error(`${topic}-${partition} answers ${errorName(errorCode)}`);
}
