import { join } from "node:path";
import { runLoadProcess } from "../load/load-process.ts";
import type { LookupOptions, LookupResult, LookupTarget } from "../load/lookup-load.ts";
import { layoutOf } from "../load/sparse-partition.ts";
import { settle } from "../suite/settle.ts";
import type { Curve, ProcessContext, Sample, Workload } from "../suite/workload.ts";
import { makeSparseData } from "./sparse-data.ts";

/** Logs of several sizes beside each other in one broker, so that their ratio is one of one moment. */
const MEGABYTE = 1e6;
const SIZES = [
  { topic: "log-1-MB", bytes: MEGABYTE },
  { topic: "log-100-MB", bytes: 100 * MEGABYTE },
  { topic: "log-1-GB", bytes: 1e9 },
  { topic: "log-10-GB", bytes: 10e9 },
  { topic: "log-100-GB", bytes: 100e9 },
];
/** The same number of batches at each place of each log: what differs is only what lies around them. */
const UNITS_AT_PLACE = 4;
const PLACES = ["head", "middle", "tail", "anywhere"] as const;
type Place = (typeof PLACES)[number];
const WAYS = ["offset", "time"] as const;
/** Each target gets a thirtieth or so of them. */
const SECONDS_MIN = 10;

interface Target extends LookupTarget {
  readonly place: Place;
  readonly bytes: number;
}

export const o1SizeWorkloads: readonly Workload[] = [
  {
    kind: "process",
    name: "o1-size",
    family: "o1-size",
    description:
      "Logs of 1 MB to 100 GB (sparse files of valid batches) in one broker: fetch of one 2 KiB batch by offset, and by time with ListOffsets before it, at head, middle and tail, in turns; the worst ratio of the p50 at 100 GB to that at 1 MB.",
    acknowledged: "not applicable",
    systems: ["odradek"],
    isShort: false,
    roundsMax: 2,
    headline: "sizeRatio",
    measure,
    expectedSeconds: (seconds, warmupSeconds) => 45 + warmupSeconds + Math.max(seconds, SECONDS_MIN),
  },
];

async function measure(context: ProcessContext): Promise<Sample> {
  const dataDirectory = join(context.scratch, "data");
  const { firstTimestampMs } = await makeSparseData(context, dataDirectory, SIZES);
  await settle(context.signal);
  await using broker = await context.start({ dataDirectory });
  const targets = WAYS.flatMap((by) =>
    PLACES.flatMap((place) => SIZES.map((size) => targetOf(size, by, place, firstTimestampMs))),
  );
  const options: LookupOptions = {
    port: broker.port,
    targets,
    warmupSeconds: Math.max(context.warmupSeconds, SECONDS_MIN),
    seconds: Math.max(context.seconds, SECONDS_MIN),
  };
  const result = await runLoadProcess<LookupResult>({
    script: "lookup-load",
    options,
    cpus: context.loadCpus,
    signal: context.signal,
  });
  return sampleOf(targets, result, broker.startMs, broker.residentBytes());
}

function targetOf(
  { topic, bytes }: (typeof SIZES)[number],
  by: LookupTarget["by"],
  place: Place,
  firstTimestampMs: number,
): Target {
  const { units: all } = layoutOf(bytes);
  const units = place === "anywhere" ? all : Math.min(UNITS_AT_PLACE, all);
  const firstUnit = place === "middle" ? Math.floor((all - units) / 2) : place === "tail" ? all - units : 0;
  return { topic, by, place, bytes, firstUnit, units, firstTimestampMs };
}

function sampleOf(
  targets: readonly Target[],
  result: LookupResult,
  startMs: number,
  residentBytes: number,
): Sample {
  const curves: Curve[] = [];
  const ratios: { readonly name: string; readonly ratio: number }[] = [];
  const largest = SIZES.at(-1)!.bytes;
  const smallest = SIZES[0]!.bytes;
  for (const by of WAYS) {
    for (const place of PLACES) {
      const points = targets.flatMap((target, index): [number, number][] =>
        target.by === by && target.place === place
          ? [[target.bytes, result.targets[index]!.latency.p50]]
          : [],
      );
      const name = `p50 by ${by}, ${place}`;
      curves.push({ name, xLabel: "bytes", yLabel: "ms", xScale: "log", yScale: "linear", points });
      const p50Of = (bytes: number): number => points.find(([size]) => size === bytes)![1];
      if (place !== "anywhere") ratios.push({ name, ratio: p50Of(largest) / p50Of(smallest) });
    }
  }
  const atLargest = result.targets.filter((_, index) => targets[index]!.bytes === largest);
  const firstMs = Math.max(...atLargest.map((target) => target.firstMs));
  return {
    metrics: {
      sizeRatio: Math.max(...ratios.map(({ ratio }) => ratio)),
      latencyP50Ms: medianOf(atLargest.map(({ latency }) => latency.p50)),
      latencyP99Ms: Math.max(...atLargest.map(({ latency }) => latency.p99)),
      dataBytes: largest,
      startMs,
      residentMegabytes: residentBytes / 1e6,
    },
    curves,
    remarks: [
      ...ratios.map(({ name, ratio }) => `${name}: ${ratio.toFixed(2)}× from 1 MB to 100 GB`),
      `the slowest first look-up at 100 GB, which loads an index, took ${firstMs.toFixed(1)} ms`,
    ],
  };
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
