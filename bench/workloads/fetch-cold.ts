import { dropCacheOf } from "../load/drop-cache.ts";
import { runLoad } from "../load/load-options.ts";
import type { MeasureContext, Sample, Workload } from "../suite/workload.ts";
import {
  DURABILITIES,
  type FilledTopic,
  fillTopic,
  GIB,
  KAFKA_SYSTEMS,
  KIB,
  MIB,
  measureLoad,
} from "./kafka-load.ts";
import { maximumOf } from "./offered-load.ts";
import { pacedCurve, pacedMetrics, pacedRemarks, runPaced } from "./paced.ts";

const BATCH_BYTES = 64 * KIB;
const COLD_BYTES = 2 * GIB;
/** More than a consumer reads while the producer is measured, where the disk brings less than 1 GB/s. */
const BEHIND_BYTES = 4 * GIB;
const FETCH_BYTES_MAX = 8 * MIB;
const READ_SECONDS_MAX = 60;
const PRODUCER_PERCENT = 50;
/** For the open loop after the first one, on threads that are warm. */
const REWARM_SECONDS = 0.5;
/** Of the producer's stretch, in which the consumer has to be reading. */
const READ_SHARE_MIN = 0.9;
/** About; for the progress bar. */
const DISK_BYTES_PER_SECOND = 400e6;

export const FETCH_COLD: readonly Workload[] = [
  {
    kind: "load",
    name: "fetch-cold/2GiB/1-consumer/by-8MiB",
    family: "fetch-cold",
    description:
      "One consumer reads 2 GiB of 64 KiB batches once, by fetches of at most 8 MiB, after it has read them once and " +
      "they were dropped from the page cache (posix_fadvise). Counted are bytes of whole batches.",
    acknowledged: "not applicable",
    systems: KAFKA_SYSTEMS,
    isShort: false,
    headline: "megabytesPerSecond",
    settings: DURABILITIES["page cache"].settings,
    expectedSeconds: () => (3 * COLD_BYTES) / DISK_BYTES_PER_SECOND,
    measure: fetchCold,
  },
  {
    kind: "load",
    name: "catch-up/8MiB-fetches/50%",
    family: "catch-up",
    description:
      "Open loop as in latency, at 50 % of the maximum, first alone and then while a consumer reads 4 GiB of the same " +
      "partition that were dropped from the page cache. Latencies are the producer's while the consumer reads.",
    acknowledged: DURABILITIES["page cache"].acknowledged,
    systems: KAFKA_SYSTEMS,
    isShort: false,
    headline: "latencyP99Ms",
    settings: DURABILITIES["page cache"].settings,
    expectedSeconds: (seconds, warmupSeconds) =>
      2 * seconds + warmupSeconds + (2 * BEHIND_BYTES) / DISK_BYTES_PER_SECOND,
    measure: catchUp,
  },
];

async function fetchCold(context: MeasureContext): Promise<Sample> {
  const filled = await fillTopic(context, { partitions: 1, bytes: COLD_BYTES, batchBytes: BATCH_BYTES });
  const options = readOnce(filled);
  await measureLoad(context, "fetch-load", options);
  const remark = dropCache(context);
  const { metrics } = await measureLoad(context, "fetch-load", options);
  return { metrics: { ...metrics, dataBytes: COLD_BYTES }, remarks: [remark] };
}

async function catchUp(context: MeasureContext): Promise<Sample> {
  const { broker, topic, loadCpus: cpus, signal } = context;
  const filled = await fillTopic(context, { partitions: 1, bytes: BEHIND_BYTES, batchBytes: BATCH_BYTES });
  const maximum = await maximumOf(context, "page cache");
  const { acks } = DURABILITIES["page cache"];
  const batchesPerSecond = (maximum.batchesPerSecond * PRODUCER_PERCENT) / 100;
  const { warmupSeconds } = context;
  const alone = await runPaced(context, { batchesPerSecond, acks, warmupSeconds });
  const remark = dropCache(context);
  broker.resetPeak();
  const [beside, read] = await Promise.all([
    runPaced(context, { batchesPerSecond, acks, warmupSeconds: REWARM_SECONDS }),
    runLoad(
      "fetch-load",
      { ...readOnce(filled), seconds: REWARM_SECONDS + context.seconds, port: broker.port, topic },
      {
        cpus,
        signal,
      },
    ),
  ]);
  const isEarly = read.seconds < REWARM_SECONDS + context.seconds * READ_SHARE_MIN;
  const readMegabytesPerSecond = read.bytes / 1e6 / read.seconds;
  return {
    metrics: { ...pacedMetrics(beside, context), latencyBaseP99Ms: alone.p99 },
    curves: [pacedCurve("alone", alone), pacedCurve("beside a cold reader", beside)],
    remarks: [
      `${PRODUCER_PERCENT} % of the maximum of ${maximum.source}`,
      remark,
      `the consumer read ${(read.bytes / GIB).toFixed(1)} GiB at ${readMegabytesPerSecond.toFixed(0)} MB/s`,
      ...(isEarly ? ["the consumer had read everything before the producer's stretch ended"] : []),
      ...pacedRemarks(beside),
    ],
  };
}

function readOnce(filled: FilledTopic): object {
  return {
    ...filled,
    consumers: 1,
    partitionBytesMax: FETCH_BYTES_MAX,
    isOnce: true,
    seconds: READ_SECONDS_MAX,
  };
}

function dropCache({ broker, topic }: MeasureContext): string {
  const { bytes, residentBytes } = dropCacheOf(broker.dataDirectory, topic);
  const share = ((residentBytes / bytes) * 100).toFixed(1);
  return `caches dropped by posix_fadvise(DONTNEED): ${share} % stayed resident`;
}
