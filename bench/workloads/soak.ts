import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { batchOf } from "../load/batches.ts";
import { runLoadProcess } from "../load/load-process.ts";
import { startOffsets } from "../load/partition-readiness.ts";
import type { SpreadOptions, SpreadResult, SpreadSlice } from "../load/spread-load.ts";
import type { TailOptions, TailResult } from "../load/tail-load.ts";
import { spreadOf } from "../suite/statistics.ts";
import type { Curve, ProcessContext, Sample, Workload } from "../suite/workload.ts";
import { latencyMetrics, lostRemarks } from "./latency-figures.ts";

/**
 * Half an hour of modest load, far past retention: segments are deleted as fast as they are written. What grows, and what
 * gets slower, shows from minute to minute.
 */
const MINUTES = 30;
/** With the suite's usual three seconds this makes 30 minutes; a shorter or longer stretch scales it. */
const SECONDS_PER_SECOND = 600;
const PARTITIONS = 4;
const BATCH_BYTES = 16 * 1024;
const OFFERED_BYTES_PER_SECOND = 20e6;
const SEGMENT_BYTES = 8 * 1024 * 1024;
const RETENTION_BYTES = 32 * 1024 * 1024;
/** Beside what retention keeps: segments that wait for the check or for their removal. */
const DISK_BYTES_MAX = 2e9;
const TOPIC = "soaked";
const WARMUP_SECONDS_MIN = 20;
const SETTINGS = {
  odradek: { "log.retention.check.interval.ms": "1000" },
  kafka: { "log.retention.check.interval.ms": "1000", "log.initial.task.delay.ms": "1000" },
};
const TOPIC_CONFIGS = {
  "segment.bytes": String(SEGMENT_BYTES),
  "retention.bytes": String(RETENTION_BYTES),
  "file.delete.delay.ms": "1000",
};

export const soakWorkloads: readonly Workload[] = [
  {
    kind: "process",
    name: "soak",
    family: "soak",
    description: `20 MB/s of 1 KiB records in batches of 16 KiB into ${PARTITIONS} partitions that keep ${RETENTION_BYTES / 1024 / 1024} MiB each, and a consumer at each tail; ${SECONDS_PER_SECOND / 60} minutes for each second of a measured stretch: p99 and RSS in thirty slices.`,
    acknowledged: "page cache",
    systems: ["odradek", "kafka"],
    isShort: false,
    roundsMax: 1,
    headline: "latencyP99Ms",
    settings: SETTINGS,
    measure,
    expectedSeconds: (seconds, warmupSeconds) =>
      seconds * SECONDS_PER_SECOND + Math.max(warmupSeconds, WARMUP_SECONDS_MIN) + 10,
  },
];

async function measure(context: ProcessContext): Promise<Sample> {
  const seconds = context.seconds * SECONDS_PER_SECOND;
  const warmupSeconds = Math.max(context.warmupSeconds, WARMUP_SECONDS_MIN);
  const dataDirectory = join(context.scratch, "data");
  const settings = context.system.name === "kafka" ? SETTINGS.kafka : SETTINGS.odradek;
  await using broker = await context.start({ dataDirectory, settings });
  await broker.createTopic(TOPIC, PARTITIONS, TOPIC_CONFIGS);
  const common = { port: broker.port, topic: TOPIC, partitions: PARTITIONS, batchBytes: BATCH_BYTES };
  const producing: SpreadOptions = {
    ...common,
    brokerPid: broker.pid,
    batchesPerSecond: OFFERED_BYTES_PER_SECOND / batchOf(BATCH_BYTES).byteLength,
    connections: PARTITIONS,
    acks: 1,
    warmupSeconds,
    seconds,
    slices: MINUTES,
  };
  const tailing: TailOptions = { ...common, seconds: warmupSeconds + seconds };
  const { loadCpus: cpus, signal } = context;
  const [load, tail] = await Promise.all([
    runLoadProcess<SpreadResult>({ script: "spread-load", options: producing, cpus, signal }),
    runLoadProcess<TailResult>({ script: "tail-load", options: tailing, cpus, signal }),
  ]);
  const starts = await startOffsets(broker.port, TOPIC, PARTITIONS);
  const diskBytes = bytesBelow(dataDirectory);
  if (load.latency === null) throw new Error("nothing was acknowledged");
  return {
    metrics: {
      offeredMegabytesPerSecond: load.offeredBytes / 1e6 / seconds,
      megabytesPerSecond: load.acknowledgedBytes / 1e6 / seconds,
      ...latencyMetrics(load.latency),
      brokerCores: load.brokerCpuSeconds / seconds,
      residentMegabytes: broker.residentBytes() / 1e6,
      residentPeakMegabytes: broker.residentPeakBytes() / 1e6,
      descriptors: broker.descriptors(),
      dataBytes: diskBytes,
    },
    curves: curvesOf(load.slices, seconds),
    remarks: remarksOf(load, tail, starts, diskBytes),
  };
}

function curvesOf(slices: readonly SpreadSlice[], seconds: number): Curve[] {
  const minutesEach = seconds / 60 / slices.length;
  const curve = (name: string, yLabel: string, read: (slice: SpreadSlice) => number | null): Curve => ({
    name,
    xLabel: "minutes",
    yLabel,
    xScale: "linear",
    yScale: "linear",
    points: slices.flatMap((slice, index): [number, number][] => {
      const value = read(slice);
      return value === null ? [] : [[(index + 1) * minutesEach, value]];
    }),
  });
  return [
    curve("p99 over time", "ms", ({ latency }) => latency?.p99 ?? null),
    curve("RSS over time", "MB", ({ residentBytes }) => residentBytes / 1e6),
  ];
}

function remarksOf(
  load: SpreadResult,
  tail: TailResult,
  starts: readonly number[],
  diskBytes: number,
): string[] {
  const fifth = Math.floor(load.slices.length / 5);
  const medianOf = (slices: readonly SpreadSlice[]): number =>
    spreadOf(slices.map(({ residentBytes }) => residentBytes / 1e6)).median;
  const early = medianOf(load.slices.slice(fifth, 2 * fifth));
  const late = medianOf(load.slices.slice(-fifth));
  const remarks = [
    `RSS: median of the second fifth ${early.toFixed(0)} MB, of the last ${late.toFixed(0)} MB (${((late / early - 1) * 100).toFixed(1)} %)`,
    `the consumers got ${tail.records} records with the warm-up, the producer had ${load.acknowledgedRecords} acknowledged without it`,
  ];
  if (load.unanswered > 0) remarks.push(`${load.unanswered} batches were not acknowledged by the end`);
  if (starts.some((start) => start === 0)) remarks.push("retention has deleted nothing from some partition");
  if (diskBytes > DISK_BYTES_MAX)
    remarks.push(`retention fell behind: ${(diskBytes / 1e9).toFixed(1)} GB were left`);
  return [...remarks, ...lostRemarks(load.latency)];
}

/** Of regular files, as far as they do not go away meanwhile. */
function bytesBelow(directory: string): number {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (sum, { parentPath, name }) =>
        sum + (statSync(join(parentPath, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
}
