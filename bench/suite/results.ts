import * as z from "zod";
import { SYSTEM_NAMES } from "../systems/system.ts";
import { METRICS, type MetricName } from "./metrics.ts";

/** The JSON file of a run: everything that the report shows, and what `--compare` reads back. */
const metricName = z.enum(Object.keys(METRICS) as [MetricName, ...MetricName[]]);
const metrics = z.partialRecord(metricName, z.number());
const systemName = z.enum(SYSTEM_NAMES);

const curve = z.object({
  name: z.string(),
  xLabel: z.string(),
  yLabel: z.string(),
  xScale: z.enum(["linear", "log", "percentile"]),
  yScale: z.enum(["linear", "log"]),
  points: z.array(z.tuple([z.number(), z.number()])),
});

const sample = z.object({
  system: systemName,
  round: z.number().int(),
  /** Place in the order of all samples of the workload, so that A B B A can be seen. */
  order: z.number().int(),
  /** Share of the machine's time that the hypervisor took while it ran, 0 to 1. */
  steal: z.number(),
  /** More steal than the limit: shown, not counted in medians. */
  isDropped: z.boolean(),
  metrics,
  curves: z.array(curve),
  remarks: z.array(z.string()),
});

const controlSample = z.object({
  control: z.string(),
  round: z.number().int(),
  blockBytes: z.number(),
  metrics,
  /** As of a sample; absent where it was not measured. */
  steal: z.number().optional(),
  isDropped: z.boolean().optional(),
});

const workloadResult = z.object({
  name: z.string(),
  family: z.string(),
  description: z.string(),
  acknowledged: z.enum(["disk", "page cache", "not applicable"]),
  headline: metricName,
  settings: z.partialRecord(systemName, z.record(z.string(), z.string())),
  samples: z.array(sample),
  controls: z.array(controlSample),
  /** Systems that could not run it, and why. */
  failures: z.array(z.object({ system: systemName, round: z.number().int(), message: z.string() })),
  /** Controls that ended with an error. */
  controlFailures: z
    .array(z.object({ control: z.string(), round: z.number().int(), message: z.string() }))
    .optional(),
});

export const resultsSchema = z.object({
  format: z.literal("odradek-bench-1"),
  startedAt: z.string(),
  finishedAt: z.string(),
  /** False after Ctrl-C: the report says so. */
  isComplete: z.boolean(),
  command: z.string(),
  commit: z.string(),
  /** Whether the tree had changes that are not in the commit. */
  isDirty: z.boolean(),
  machine: z.object({
    cpuModel: z.string(),
    cores: z.number().int(),
    memoryBytes: z.number(),
    kernel: z.string(),
    fileSystem: z.string(),
    operatingSystem: z.string(),
    runtime: z.string(),
    isVirtual: z.boolean(),
  }),
  options: z.object({
    rounds: z.number().int(),
    seconds: z.number(),
    warmupSeconds: z.number(),
    peerWarmupSeconds: z.number().optional(),
    stealMax: z.number(),
    pinning: z.enum(["none", "separate cores"]),
  }),
  systems: z.array(z.object({ name: systemName, version: z.string(), command: z.string() })),
  workloads: z.array(workloadResult),
});

export type Results = z.infer<typeof resultsSchema>;
export type WorkloadResult = Results["workloads"][number];
export type SampleResult = WorkloadResult["samples"][number];
export type ControlResult = WorkloadResult["controls"][number];
