import { ApiKey } from "../../src/protocol/api-keys.ts";
import { errorName } from "../../src/protocol/error-codes.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import { BenchClient } from "./bench-client.ts";
import { endOffsets } from "./bench-topic.ts";
import { ConsumerFleet } from "./consumer-fleet.ts";
import { LatencySamples, type LatencySummary } from "./latency-samples.ts";
import { loadOptions } from "./load-options.ts";
import { reportResult } from "./load-process.ts";
import { cpuSecondsOf, residentBytesOf } from "./process-cpu.ts";
import { PRODUCE_VERSION } from "./produce-frames.ts";

/**
 * Many consumers of a quiet topic, spread over its partitions, and optionally one producer that sends each partition a
 * record a second, the partitions one after the other within the second. One process, so one clock: a delivery counts
 * from the moment the record was due to be sent. Prints one line of JSON.
 */
export interface FleetLoadOptions {
  readonly port: number;
  readonly brokerPid: number;
  readonly topic: string;
  readonly partitions: number;
  readonly consumers: number;
  readonly maxWaitMs: number;
  readonly isQuiet: boolean;
  /** Between the last connection and the measured stretch. */
  readonly warmupSeconds: number;
  readonly seconds: number;
}

export interface FleetLoadResult {
  readonly seconds: number;
  readonly connectSeconds: number;
  /** The broker's, with one consumer. */
  readonly residentBytesBefore: number;
  /** The broker's at the end of the stretch. */
  readonly residentBytesAfter: number;
  readonly brokerCpuSeconds: number;
  readonly cpuSeconds: number;
  /** Fetches answered in the stretch. */
  readonly polls: number;
  readonly deliveries: number;
  /** Records of the stretch times consumers of their partition: what `deliveries` should be. */
  readonly deliveriesDue: number;
  readonly latency: LatencySummary | null;
}

const VALUE_BYTES = 100;
/** Connections that are being opened at one time. */
const CONNECTING_MAX = 128;
/** With one consumer, before the RSS is taken down: code is compiled and buffers are there. */
const BASE_SECONDS = 2;
/** For the records of the stretch's end to arrive. */
const DRAIN_MS_MAX = 5_000;
const MEASURED_DELIVERIES_MAX = 4_000_000;

const options = loadOptions<FleetLoadOptions>();
const batch = encodeRecordBatch({
  records: [{ value: new Uint8Array(VALUE_BYTES).fill(0x61), timestamp: Date.now() }],
});
const latencies = new LatencySamples(MEASURED_DELIVERIES_MAX);
/** By partition and offset above its first one: when the record was due; NaN outside of the stretch. */
const dueMs: number[][] = Array.from({ length: options.partitions }, () => []);
const startOffsets = await endOffsets(options.port, options.topic, options.partitions);
let deliveries = 0;

const fleet = new ConsumerFleet(
  {
    port: options.port,
    topic: options.topic,
    maxWaitMs: options.maxWaitMs,
    batchBytes: batch.byteLength,
    recordsPerBatch: 1,
  },
  {
    delivered(partition, fromOffset, endOffset) {
      const nowMs = performance.now();
      for (let offset = fromOffset; offset < endOffset; offset++) {
        const due = dueMs[partition]![offset - startOffsets[partition]!];
        if (due === undefined || Number.isNaN(due)) continue;
        deliveries++;
        latencies.record(nowMs - due);
      }
    },
    failed,
  },
);

function failed(error: Error): never {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exit(1);
}

async function connectRest(): Promise<void> {
  let next = fleet.size;
  const connectOne = async (): Promise<void> => {
    while (next < options.consumers) {
      const partition = next++ % options.partitions;
      await fleet.add(partition, startOffsets[partition]!);
    }
  };
  await Promise.all(Array.from({ length: CONNECTING_MAX }, connectOne));
}

/** Sends until `untilMs`; one request at a time, each when it is due. Resolves with the number of records sent. */
async function produce(fromMs: number, measureFromMs: number, untilMs: number): Promise<number[]> {
  const sent = new Array<number>(options.partitions).fill(0);
  using client = await BenchClient.connect(options.port);
  const gapMs = 1000 / options.partitions;
  for (let count = 0; ; count++) {
    const due = fromMs + count * gapMs;
    if (due >= untilMs) return sent;
    const partition = count % options.partitions;
    while (performance.now() < due) await Bun.sleep(Math.min(Math.max(due - performance.now(), 0), 100));
    const isMeasured = due >= measureFromMs;
    dueMs[partition]!.push(isMeasured ? due : Number.NaN);
    if (isMeasured) sent[partition]!++;
    await append(client, partition);
  }
}

async function append(client: BenchClient, index: number): Promise<void> {
  const answer = await client.ask(ApiKey.PRODUCE, PRODUCE_VERSION, {
    transactionalId: null,
    acks: 1,
    timeoutMs: 30_000,
    topicData: [{ name: options.topic, partitionData: [{ index, records: batch }] }],
  });
  const { errorCode } = answer.responses[0]!.partitionResponses[0]!;
  if (errorCode !== 0) failed(new Error(`the broker refused a record: ${errorName(errorCode)}`));
}

/** Consumers of one partition. */
function consumersOf(partition: number): number {
  return Math.ceil((options.consumers - partition) / options.partitions);
}

await fleet.add(0, startOffsets[0]!);
await Bun.sleep(BASE_SECONDS * 1000);
const residentBytesBefore = residentBytesOf(options.brokerPid);
const connectFromMs = performance.now();
await connectRest();
const connectedMs = performance.now();
const measureFromMs = connectedMs + options.warmupSeconds * 1000;
const untilMs = measureFromMs + options.seconds * 1000;
const producing = options.isQuiet ? Promise.resolve([]) : produce(connectedMs, measureFromMs, untilMs);
producing.catch(failed);
await Bun.sleep(Math.max(measureFromMs - performance.now(), 0));
const pollsBefore = fleet.polls;
const brokerBefore = cpuSecondsOf(options.brokerPid);
const cpuBefore = process.cpuUsage();
const stretchFromMs = performance.now();
await Bun.sleep(Math.max(untilMs - performance.now(), 0));
const seconds = (performance.now() - stretchFromMs) / 1000;
const brokerCpuSeconds = cpuSecondsOf(options.brokerPid) - brokerBefore;
const cpu = process.cpuUsage(cpuBefore);
const polls = fleet.polls - pollsBefore;
const residentBytesAfter = residentBytesOf(options.brokerPid);
const sent = await producing;
const deliveriesDue = sent.reduce((sum, count, partition) => sum + count * consumersOf(partition), 0);
const drainUntil = performance.now() + DRAIN_MS_MAX;
while (deliveries < deliveriesDue && performance.now() < drainUntil) await Bun.sleep(10);
fleet[Symbol.dispose]();
const result: FleetLoadResult = {
  seconds,
  connectSeconds: (connectedMs - connectFromMs) / 1000,
  residentBytesBefore,
  residentBytesAfter,
  brokerCpuSeconds,
  cpuSeconds: (cpu.user + cpu.system) / 1e6,
  polls,
  deliveries,
  deliveriesDue,
  latency: latencies.summary(),
};
reportResult(result);
