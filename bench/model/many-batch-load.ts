import { ApiKey } from "../../src/protocol/api-keys.ts";
import { decodeResponse } from "../../src/protocol/header.ts";
import { batchOf } from "../load/batches.ts";
import { BenchClient, requestFrame } from "../load/bench-client.ts";
import { recordsIn } from "../load/bench-topic.ts";
import { type LoadResult, loadOptions } from "../load/load-options.ts";
import { reportResult } from "../load/load-process.ts";
import { PRODUCE_VERSION } from "../load/produce-frames.ts";
import { startStretch } from "../load/stretch.ts";

/**
 * Produce requests with a batch for each partition, as clients send them that have records for many partitions: tells
 * the cost of a request from that of a batch. One request in flight on each connection. Prints one line of JSON;
 * operations are requests.
 */
export interface ManyBatchOptions {
  readonly port: number;
  readonly topic: string;
  readonly partitions: number;
  readonly batchBytes: number;
  readonly acks: number;
  readonly seconds: number;
  readonly bytesMax: number;
  readonly connections: number;
  readonly brokerPid: number;
}

const options = loadOptions<ManyBatchOptions>();
const records = batchOf(options.batchBytes);
const requestBytes = records.byteLength * options.partitions;
const frame = requestFrame(ApiKey.PRODUCE, PRODUCE_VERSION, {
  transactionalId: null,
  acks: options.acks,
  timeoutMs: 30_000,
  topicData: [
    {
      name: options.topic,
      partitionData: Array.from({ length: options.partitions }, (_, index) => ({ index, records })),
    },
  ],
});
const untilMs = performance.now() + options.seconds * 1000;
const requestsMax = Math.floor(options.bytesMax / requestBytes);
let sent = 0;

async function produce(): Promise<void> {
  using client = await BenchClient.connect(options.port);
  while (sent < requestsMax && performance.now() < untilMs) {
    sent++;
    const { value } = decodeResponse(ApiKey.PRODUCE, PRODUCE_VERSION, await client.exchange(frame));
    for (const { errorCode } of value.responses[0]!.partitionResponses) {
      if (errorCode !== 0) throw new Error(`the broker refused a batch with error ${errorCode}`);
    }
  }
}

const finish = startStretch(options.brokerPid);
await Promise.all(Array.from({ length: options.connections }, produce));
const result: LoadResult = {
  ...finish(),
  operations: sent,
  bytes: sent * requestBytes,
  records: sent * recordsIn(records) * options.partitions,
};
reportResult(result);
