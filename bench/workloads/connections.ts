import { join } from "node:path";
import { descriptorLimit } from "../../src/io/descriptor-limit.ts";
import type { FleetLoadOptions, FleetLoadResult } from "../load/fleet-load.ts";
import { runLoadProcess } from "../load/load-process.ts";
import type { ProcessContext, Sample, Workload } from "../suite/workload.ts";
import { latencyMetrics, lostRemarks } from "./latency-figures.ts";

/** Consumers that hang on. Kafka has no limits here that matter; Odradek's protect it from one address, which all share. */
const SETTINGS = {
  odradek: {
    "max.connections": "10000",
    "max.connections.per.ip": "10000",
    "max.connection.creation.rate.per.ip": "100000",
  },
};
const CONSUMER_COUNTS = [1, 100, 1000, 5000];
/** Descriptors of the load process and of the broker beside the connections. */
const OTHER_DESCRIPTORS = 500;
/** Few enough that each record goes to many, enough that not all connections are answered at one moment. */
const PARTITIONS_MAX = 10;
const TOPIC = "quiet";
const POLL_MS = 500;
const LONG_POLL_MS = 30_000;
/** Until polls of 500 ms have come and gone, and garbage is what it is in the long run. */
const WARMUP_SECONDS_MIN = 5;
const SECONDS_MIN = 5;
/** A stretch is longer than a poll by this: each consumer is answered and asks again at least once in it. */
const POLL_MARGIN_SECONDS = 2;

interface Fleet {
  readonly consumers: number;
  readonly maxWaitMs: number;
  readonly isQuiet: boolean;
}

export const connectionsWorkloads: readonly Workload[] = CONSUMER_COUNTS.flatMap((consumers) => [
  workloadOf({ consumers, maxWaitMs: POLL_MS, isQuiet: true }),
  workloadOf({ consumers, maxWaitMs: LONG_POLL_MS, isQuiet: true }),
  workloadOf({ consumers, maxWaitMs: POLL_MS, isQuiet: false }),
]);

function workloadOf(fleet: Fleet): Workload {
  const { consumers, maxWaitMs, isQuiet } = fleet;
  const kind = isQuiet
    ? `idle-${maxWaitMs < 1000 ? `${maxWaitMs}ms` : `${maxWaitMs / 1000}s`}`
    : "1-per-second";
  const who = consumers === 1 ? "one consumer" : `${consumers} consumers`;
  const what = isQuiet
    ? `${who} long-polling a quiet topic, maxWait ${maxWaitMs} ms: growth of the broker's RSS and its CPU`
    : `${who} over ${partitionsOf(consumers)} partition(s), each of which gets one record of 100 B a second: time from when it was due to be sent to its arrival at each consumer`;
  return {
    kind: "process",
    name: `connections/${consumers}/${kind}`,
    family: "connections",
    description: `${what}.`,
    acknowledged: isQuiet ? "not applicable" : "page cache",
    systems: ["odradek", "kafka"],
    isShort: consumers === 1000 && isQuiet && maxWaitMs === POLL_MS,
    roundsMax: 1,
    headline: isQuiet ? "brokerCores" : "latencyP99Ms",
    settings: SETTINGS,
    measure: (context) => measure(context, fleet),
    expectedSeconds: (seconds, warmupSeconds) =>
      8 + Math.max(warmupSeconds, WARMUP_SECONDS_MIN) + stretchSeconds(seconds, maxWaitMs) + consumers / 2000,
  };
}

function partitionsOf(consumers: number): number {
  return Math.min(PARTITIONS_MAX, consumers);
}

function stretchSeconds(seconds: number, maxWaitMs: number): number {
  return Math.max(seconds, SECONDS_MIN, maxWaitMs / 1000 + POLL_MARGIN_SECONDS);
}

async function measure(context: ProcessContext, fleet: Fleet): Promise<Sample> {
  const { consumers, maxWaitMs, isQuiet } = fleet;
  const limit = descriptorLimit();
  if (limit !== null && limit < consumers + OTHER_DESCRIPTORS) {
    throw new Error(`${consumers} connections need more than the ${limit} open files that ulimit -n allows`);
  }
  const settings = context.system.name === "odradek" ? SETTINGS.odradek : {};
  await using broker = await context.start({ dataDirectory: join(context.scratch, "data"), settings });
  await broker.createTopic(TOPIC, partitionsOf(consumers));
  const options: FleetLoadOptions = {
    port: broker.port,
    brokerPid: broker.pid,
    topic: TOPIC,
    partitions: partitionsOf(consumers),
    consumers,
    maxWaitMs,
    isQuiet,
    warmupSeconds: Math.max(context.warmupSeconds, WARMUP_SECONDS_MIN),
    seconds: stretchSeconds(context.seconds, maxWaitMs),
  };
  const load = await runLoadProcess<FleetLoadResult>({
    script: "fleet-load",
    options,
    cpus: context.loadCpus,
    signal: context.signal,
  });
  return {
    metrics: {
      ...(consumers === 1 ? {} : { kibibytesPerConnection: growth(load, consumers) }),
      residentMegabytes: load.residentBytesAfter / 1e6,
      residentPeakMegabytes: broker.residentPeakBytes() / 1e6,
      brokerCores: load.brokerCpuSeconds / load.seconds,
      requestsPerSecond: load.polls / load.seconds,
      ...latencyMetrics(load.latency),
    },
    remarks: remarksOf(load),
  };
}

/** KiB of RSS for each connection behind the first one. */
function growth({ residentBytesAfter, residentBytesBefore }: FleetLoadResult, consumers: number): number {
  return (residentBytesAfter - residentBytesBefore) / 1024 / (consumers - 1);
}

function remarksOf(load: FleetLoadResult): string[] {
  const remarks = [
    `the consumers connected in ${load.connectSeconds.toFixed(1)} s and used ${(load.cpuSeconds / load.seconds).toFixed(2)} cores themselves`,
  ];
  if (load.deliveries !== load.deliveriesDue) {
    remarks.push(`${load.deliveries} of ${load.deliveriesDue} deliveries arrived`);
  }
  return [...remarks, ...lostRemarks(load.latency)];
}
