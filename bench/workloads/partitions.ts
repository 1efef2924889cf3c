import { join } from "node:path";
import { batchOf } from "../load/batches.ts";
import { runLoadProcess } from "../load/load-process.ts";
import { untilAllAnswer } from "../load/partition-readiness.ts";
import type { SpreadOptions, SpreadResult } from "../load/spread-load.ts";
import type { Curve, ProcessContext, Sample, Workload } from "../suite/workload.ts";
import { latencyMetrics, lostRemarks } from "./latency-figures.ts";

/** The same records a second, whatever the number of partitions: what changes is the cost of spreading them. */
const PARTITION_COUNTS = [1, 10, 100, 1000];
const SHORT_COUNTS = [1, 100];
/** Small for 20 MB/s, and what a producer sends that was not told otherwise. */
const BATCH_BYTES = 16 * 1024;
/** At least: each partition's thread compiles for itself, and a JVM that has just started takes longer. */
const WARMUP_SECONDS_MIN = { odradek: 8, kafka: 20 };
const OFFERED_BYTES_PER_SECOND = 20e6;
const CONNECTIONS = 8;
const READY_MS_MAX = 60_000;
const TOPIC = "spread";
/** Below this share of the offered rate the latencies describe a queue that grows. */
const ACHIEVED_SHARE_MIN = 0.98;

export const partitionsWorkloads: readonly Workload[] = PARTITION_COUNTS.map((partitions) => ({
  kind: "process",
  name: `partitions/${partitions}`,
  family: "partitions",
  description: `20 MB/s of 1 KiB records in batches of 16 KiB, spread evenly over ${partitions} partition${partitions === 1 ? "" : "s"} by ${Math.min(CONNECTIONS, partitions)} connections, open loop, acks=1; then a clean restart until all partitions answer.`,
  acknowledged: "page cache",
  systems: ["odradek", "kafka"],
  isShort: SHORT_COUNTS.includes(partitions),
  roundsMax: 1,
  headline: "latencyP99Ms",
  measure: (context) => measure(context, partitions),
  expectedSeconds: (seconds, warmupSeconds) => seconds + Math.max(warmupSeconds, 14) + 6 + partitions / 50,
}));

async function measure(context: ProcessContext, partitions: number): Promise<Sample> {
  const dataDirectory = join(context.scratch, "data");
  const { seconds } = context;
  const isKafka = context.system.name === "kafka";
  const warmupSeconds = Math.max(
    context.warmupSeconds,
    isKafka ? WARMUP_SECONDS_MIN.kafka : WARMUP_SECONDS_MIN.odradek,
  );
  let metrics: Sample["metrics"];
  let load: SpreadResult;
  {
    await using broker = await context.start({ dataDirectory });
    await broker.createTopic(TOPIC, partitions);
    broker.resetPeak();
    const options: SpreadOptions = {
      port: broker.port,
      brokerPid: broker.pid,
      topic: TOPIC,
      partitions,
      batchBytes: BATCH_BYTES,
      batchesPerSecond: OFFERED_BYTES_PER_SECOND / batchOf(BATCH_BYTES).byteLength,
      connections: CONNECTIONS,
      acks: 1,
      warmupSeconds,
      seconds,
      slices: 1,
    };
    load = await runLoadProcess<SpreadResult>({
      script: "spread-load",
      options,
      cpus: context.loadCpus,
      signal: context.signal,
    });
    if (load.acknowledgedBytes === 0) throw new Error("nothing was acknowledged");
    const gigabytes = load.acknowledgedBytes / 1e9;
    metrics = {
      offeredMegabytesPerSecond: load.offeredBytes / 1e6 / seconds,
      megabytesPerSecond: load.acknowledgedBytes / 1e6 / seconds,
      ...latencyMetrics(load.latency),
      brokerCpuSecondsPerGigabyte: load.brokerCpuSeconds / gigabytes,
      brokerCores: load.brokerCpuSeconds / seconds,
      residentMegabytes: broker.residentBytes() / 1e6,
      residentPeakMegabytes: broker.residentPeakBytes() / 1e6,
      descriptors: broker.descriptors(),
      threads: broker.threads(),
    };
  }
  await using restarted = await context.start({ dataDirectory });
  const answeredAt = performance.now();
  await untilAllAnswer(restarted.port, TOPIC, partitions, READY_MS_MAX);
  const readyMs = restarted.startMs + performance.now() - answeredAt;
  metrics = { ...metrics, startMs: restarted.startMs, readyMs };
  return { metrics, curves: curvesOf(partitions, metrics), remarks: remarksOf(load, warmupSeconds) };
}

/** One point each: the report joins those of all partition counts. */
function curvesOf(partitions: number, metrics: Sample["metrics"]): Curve[] {
  const curve = (name: string, yLabel: string, value: number | undefined): Curve[] =>
    value === undefined
      ? []
      : [{ name, xLabel: "partitions", yLabel, xScale: "log", yScale: "log", points: [[partitions, value]] }];
  return [
    ...curve("p50 over partitions", "ms", metrics.latencyP50Ms),
    ...curve("p99 over partitions", "ms", metrics.latencyP99Ms),
    ...curve("RSS over partitions", "MB", metrics.residentMegabytes),
    ...curve("descriptors over partitions", "descriptors", metrics.descriptors),
    ...curve("restart over partitions", "ms", metrics.readyMs),
  ];
}

function remarksOf(load: SpreadResult, warmupSeconds: number): string[] {
  const remarks = [`measured after ${warmupSeconds} s of the same load`];
  const share = load.acknowledgedBytes / load.offeredBytes;
  if (share < ACHIEVED_SHARE_MIN) {
    remarks.push(`only ${(share * 100).toFixed(0)} % of the offered rate was reached`);
  }
  if (load.unanswered > 0) remarks.push(`${load.unanswered} batches were not acknowledged by the end`);
  if (load.lateness !== null) {
    remarks.push(
      `the sender itself was late by ${load.lateness.p50.toFixed(2)} ms (p50), ${load.lateness.p99.toFixed(2)} ms (p99)`,
    );
  }
  return [...remarks, ...lostRemarks(load.latency)];
}
