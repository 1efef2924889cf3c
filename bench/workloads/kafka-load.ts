import { batchOf } from "../load/batches.ts";
import { endOffsets, recordsIn } from "../load/bench-topic.ts";
import type { FetchOptions } from "../load/fetch-load.ts";
import { type LoadResult, type LoadScript, runLoad } from "../load/load-options.ts";
import type { ProduceOptions } from "../load/produce-load.ts";
import type { Metrics } from "../suite/metrics.ts";
import type { AcknowledgedFrom, MeasureContext, Sample } from "../suite/workload.ts";
import type { SystemName } from "../systems/system.ts";

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;
const GB = 1e9;

/** Java's default, and the most that an idempotent producer may have. */
export const IN_FLIGHT = 5;
/** Systems that speak Kafka's protocol. */
export const KAFKA_SYSTEMS: readonly SystemName[] = ["odradek", "kafka"];

/**
 * What one sample may write before and while it is measured, whatever the time: bounds the disk space that the suite
 * takes. The topic's retention says the same again, for a broker that looks in time.
 */
export const WARMUP_BYTES_MAX = 4 * GB;
export const SAMPLE_BYTES_MAX = 6 * GB;
const RETENTION_BYTES = WARMUP_BYTES_MAX + SAMPLE_BYTES_MAX;

/** How a broker is set up so that its acknowledgement means what the workload says. */
export type Durability = "page cache" | "disk" | "defaults";

interface DurabilitySettings {
  readonly acks: number;
  readonly acknowledged: AcknowledgedFrom;
  /** The part of a workload's name. */
  readonly label: string;
  readonly meaning: string;
  readonly settings: Readonly<Partial<Record<SystemName, Readonly<Record<string, string>>>>>;
}

export const DURABILITIES: Readonly<Record<Durability, DurabilitySettings>> = {
  "page cache": {
    acks: 1,
    acknowledged: "page cache",
    label: "acks=1",
    meaning:
      "acknowledged and readable from the page cache (Odradek: write.caching=true; Kafka: its defaults)",
    settings: { odradek: { "write.caching": "true" }, kafka: {} },
  },
  disk: {
    acks: -1,
    acknowledged: "disk",
    label: "acks=all",
    meaning: "acknowledged when synced (Odradek: its defaults; Kafka: log.flush.interval.messages=1)",
    settings: { odradek: {}, kafka: { "log.flush.interval.messages": "1" } },
  },
  defaults: {
    acks: 1,
    acknowledged: "page cache",
    label: "acks=1/defaults",
    meaning:
      "both brokers with their defaults: acknowledged from the page cache, which Odradek syncs soon after and Kafka does not",
    settings: { odradek: {}, kafka: {} },
  },
};

/** Fresh topic whose retention bounds it, for a broker that looks in time. */
export async function createTopic({ broker, topic }: MeasureContext, partitions: number): Promise<void> {
  await broker.createTopic(topic, partitions, {
    "retention.bytes": String(Math.floor(RETENTION_BYTES / partitions)),
  });
}

/** A JIT of its own for each partition's thread: many partitions take longer to warm. */
export function warmupSecondsOf(warmupSeconds: number, partitions: number): number {
  if (partitions === 1) return warmupSeconds;
  return Math.max(warmupSeconds, Math.min(3 * warmupSeconds, WARMUP_MANY_SECONDS));
}

/** Twelve threads are warm after this. */
const WARMUP_MANY_SECONDS = 15;

/** Runs a load process by the context's rules and tells what it and the broker did in the measured stretch. */
export async function measureLoad(
  context: MeasureContext,
  script: LoadScript,
  options: object,
): Promise<Sample> {
  const { broker } = context;
  broker.resetPeak();
  const result = await runLoad(
    script,
    { ...options, port: broker.port, topic: context.topic, brokerPid: broker.pid },
    { cpus: context.loadCpus, signal: context.signal },
  );
  return { metrics: metricsOf(result, context) };
}

/** The figures of a client that does not tell its requests: its operations are records. */
export function clientMetricsOf(result: LoadResult, context: MeasureContext): Metrics {
  const { requestsPerSecond: _, ...metrics } = metricsOf(result, context);
  return metrics;
}

export function metricsOf(result: LoadResult, { broker }: MeasureContext): Metrics {
  const { bytes, seconds, cpuSeconds, brokerCpuSeconds = 0 } = result;
  const gigabytes = Math.max(bytes, 1) / GB;
  return {
    megabytesPerSecond: bytes / 1e6 / seconds,
    messagesPerSecond: result.records / seconds,
    requestsPerSecond: result.operations / seconds,
    brokerCpuSecondsPerGigabyte: brokerCpuSeconds / gigabytes,
    brokerCores: brokerCpuSeconds / seconds,
    loadCpuSecondsPerGigabyte: cpuSeconds / gigabytes,
    residentMegabytes: broker.residentBytes() / 1e6,
    residentPeakMegabytes: broker.residentPeakBytes() / 1e6,
  };
}

/** The closed loop of the ingest workloads, with the context's times and the limits of a sample. */
export function produceOptions(
  context: MeasureContext,
  options: Omit<ProduceOptions, "port" | "topic" | "inFlight" | "seconds">,
): Omit<ProduceOptions, "port" | "topic"> {
  return {
    inFlight: IN_FLIGHT,
    warmupSeconds: warmupSecondsOf(context.warmupSeconds, options.partitions),
    warmupBytesMax: WARMUP_BYTES_MAX,
    seconds: context.seconds,
    bytesMax: SAMPLE_BYTES_MAX,
    ...options,
  };
}

/** What consumers need to know of a topic that is full of batches which are all alike. */
export type FilledTopic = Pick<FetchOptions, "partitions" | "batchBytes" | "recordsPerBatch" | "endOffset">;

/** Seconds in which a topic has to be filled. */
const FILL_SECONDS_MAX = 120;

/** Writes `bytes` of 1 KiB records into the context's topic, spread over its partitions. Creates it. */
export async function fillTopic(
  context: MeasureContext,
  { partitions, bytes, batchBytes }: { partitions: number; bytes: number; batchBytes: number },
): Promise<FilledTopic> {
  const { broker, topic, signal, loadCpus: cpus } = context;
  await createTopic(context, partitions);
  const options: Omit<ProduceOptions, "port" | "topic"> = {
    partitions,
    batchBytes,
    acks: 1,
    seconds: FILL_SECONDS_MAX,
    bytesMax: bytes,
    connections: partitions,
    inFlight: IN_FLIGHT,
  };
  const result = await runLoad("produce-load", { ...options, port: broker.port, topic }, { cpus, signal });
  if (result.bytes < bytes)
    throw new Error(`only ${result.bytes} of ${bytes} bytes written in ${FILL_SECONDS_MAX} s`);
  const batch = batchOf(batchBytes);
  const recordsPerBatch = recordsIn(batch);
  const batchesPerPartition = Math.floor(bytes / batch.byteLength / partitions / 2);
  return {
    partitions,
    batchBytes: batch.byteLength,
    recordsPerBatch,
    endOffset: await shortestPartition(context, partitions, batchesPerPartition * recordsPerBatch),
  };
}

const VISIBLE_MS_MAX = 30_000;

/** End of the partition that has the fewest records, once all acknowledged ones are readable. */
async function shortestPartition(
  { broker, topic }: MeasureContext,
  partitions: number,
  leastExpected: number,
): Promise<number> {
  const deadlineMs = performance.now() + VISIBLE_MS_MAX;
  let shortest = -1;
  for (;;) {
    const ends = await endOffsets(broker.port, topic, partitions);
    const now = Math.min(...ends);
    if (now === shortest && now >= leastExpected) return now;
    if (performance.now() > deadlineMs) throw new Error(`a partition has ${now} of ${leastExpected} records`);
    shortest = now;
    await Bun.sleep(50);
  }
}
