import { batchOf } from "../load/batches.ts";
import { endOffsets, recordsIn } from "../load/bench-topic.ts";
import type { FetchOptions } from "../load/fetch-load.ts";
import { type LoadResult, runLoad } from "../load/load-options.ts";
import { runLoadProcess } from "../load/load-process.ts";
import { stealMeter } from "../load/process-cpu.ts";
import type { ProduceOptions } from "../load/produce-load.ts";
import { settle } from "../suite/settle.ts";
import type { RunningSystem } from "../systems/system.ts";
import { CONNECTIONS, type Design, FETCHED_BATCH_BYTES, IN_FLIGHT, nameOf } from "./experiments.ts";
import type { ManyBatchOptions } from "./many-batch-load.ts";
import type { Experiment } from "./model-data.ts";
import { startThreadGauge } from "./thread-gauge.ts";

export const SECONDS = 1.8;
/** Of one experiment: bounds the disk that a run takes and the time until it is written back. */
const BYTES_MAX = 0.7e9;
const SETTLE_MS_MAX = 4_000;
/** Code gets warm by batches, not by bytes. */
const WARMUP_BATCH_BYTES = 1024;
const FILL_SECONDS_MAX = 30;

/** A topic with warm partition threads, and for a fetch what is in it. */
export interface WarmTopic {
  readonly name: string;
  readonly partitions: number;
  /** Of the partition that has the fewest records. */
  readonly endOffset: number;
}

/** Fresh topic that took small batches for a while, `fillBytes` of 64 KiB ones where it is to be fetched. */
export async function warmTopic(
  broker: RunningSystem,
  name: string,
  partitions: number,
  { seconds, fillBytes, isSynced = false }: { seconds: number; fillBytes?: number; isSynced?: boolean },
): Promise<WarmTopic> {
  const configs = {
    "write.caching": String(!isSynced),
    "retention.bytes": String(Math.floor(4e9 / partitions)),
  };
  await broker.createTopic(name, partitions, configs);
  const options: ProduceOptions = {
    port: broker.port,
    topic: name,
    partitions,
    batchBytes: fillBytes === undefined ? WARMUP_BATCH_BYTES : FETCHED_BATCH_BYTES,
    acks: isSynced ? -1 : 1,
    seconds: fillBytes === undefined ? seconds : FILL_SECONDS_MAX,
    bytesMax: fillBytes ?? BYTES_MAX,
    connections: CONNECTIONS,
    inFlight: IN_FLIGHT,
  };
  await runLoad("produce-load", options);
  const ends = await endOffsets(broker.port, name, partitions);
  return { name, partitions, endOffset: Math.min(...ends) };
}

/** One row of the design on a warm topic: its load, and what each role of threads used from before it to after it. */
export async function runExperiment(
  broker: RunningSystem,
  topic: WarmTopic,
  design: Design,
): Promise<Experiment> {
  const { isUnsettled } = await settle(new AbortController().signal, undefined, SETTLE_MS_MAX);
  const endsBefore = await endOffsets(broker.port, topic.name, topic.partitions);
  const steal = stealMeter();
  const startedMs = performance.now();
  const finish = startThreadGauge(broker.pid);
  const load = await runDesign(broker, topic, design, SECONDS);
  const use = finish();
  const seconds = (performance.now() - startedMs) / 1000;
  const { batchesPerRequest = 1, isHeldOut = false } = design;
  const common = {
    name: nameOf(design),
    kind: design.kind,
    isHeldOut,
    partitions: design.partitions,
    ...connectionsOf(design),
    batchesPerRequest,
    seconds,
    steal: steal(),
    requestsPerSecond: load.operations / load.seconds,
    residentBytes: broker.residentBytes(),
    isUnsettled,
  };
  const counts =
    design.kind === "fetch"
      ? fetched(load, design)
      : await appended(broker, topic, design, sumOf(endsBefore), load);
  const share = counts.requests / Math.max(load.operations, 1);
  return {
    ...common,
    ...counts,
    use: {
      ...use,
      load: {
        cpuSeconds: load.cpuSeconds * share,
        systemSeconds: 0,
        waitSeconds: 0,
        voluntarySwitches: 0,
        involuntarySwitches: 0,
        threads: 1,
      },
    },
  };
}

type Counts = Pick<Experiment, "requests" | "batches" | "bytes" | "batchBytes">;

function fetched(load: LoadResult, { bytes }: Design): Counts {
  return {
    requests: load.operations,
    batches: load.bytes / batchOf(FETCHED_BATCH_BYTES).byteLength,
    bytes: load.bytes,
    batchBytes: bytes,
  };
}

/** By the offsets: exactly what was appended between the two looks at the threads. */
async function appended(
  broker: RunningSystem,
  topic: WarmTopic,
  { bytes, batchesPerRequest = 1 }: Design,
  recordsBefore: number,
  load: LoadResult,
): Promise<Counts> {
  const batch = batchOf(bytes);
  const least = recordsBefore + load.records;
  const deadlineMs = performance.now() + 5_000;
  let records = 0;
  do records = sumOf(await endOffsets(broker.port, topic.name, topic.partitions));
  while (records < least && performance.now() < deadlineMs);
  if (records < least) throw new Error(`only ${records} of ${least} records became readable`);
  const batches = (records - recordsBefore) / recordsIn(batch);
  return {
    requests: batches / batchesPerRequest,
    batches,
    bytes: batches * batch.byteLength,
    batchBytes: batch.byteLength,
  };
}

/** The generator for a row, to its end. */
export async function runDesign(
  broker: RunningSystem,
  topic: WarmTopic,
  design: Design,
  seconds: number,
): Promise<LoadResult> {
  const { bytes, partitions, kind, batchesPerRequest = 1 } = design;
  const common = { port: broker.port, brokerPid: broker.pid, topic: topic.name, partitions, seconds };
  const acks = kind === "sync" ? -1 : 1;
  if (kind === "fetch") {
    const batch = batchOf(FETCHED_BATCH_BYTES);
    const options: FetchOptions = {
      ...common,
      partitionBytesMax: bytes,
      batchBytes: batch.byteLength,
      recordsPerBatch: recordsIn(batch),
      endOffset: topic.endOffset,
    };
    return await runLoad("fetch-load", options);
  }
  if (batchesPerRequest > 1) {
    const { connections } = connectionsOf(design);
    const options: ManyBatchOptions = {
      ...common,
      batchBytes: bytes,
      acks,
      connections,
      bytesMax: BYTES_MAX,
    };
    return await runLoadProcess<LoadResult>({ script: "../model/many-batch-load", options });
  }
  const options: ProduceOptions = {
    ...common,
    batchBytes: bytes,
    acks,
    ...connectionsOf(design),
    bytesMax: BYTES_MAX,
  };
  return await runLoad("produce-load", options);
}

/** A consumer, and a producer of requests with many batches, has one request under way. */
function connectionsOf(design: Design): { connections: number; inFlight: number } {
  const { kind, partitions, batchesPerRequest = 1, connections = CONNECTIONS, inFlight = IN_FLIGHT } = design;
  if (kind === "fetch") return { connections: partitions, inFlight: 1 };
  if (batchesPerRequest > 1) return { connections: CONNECTIONS * IN_FLIGHT, inFlight: 1 };
  return { connections, inFlight };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
