import { readFileSync } from "node:fs";
import * as z from "zod";

/**
 * Where CPU time goes: `main` is the one main thread, `partition` all partition threads together, `rest` the broker's
 * other threads (I/O pool, collector, compiler), `kernel` the kernel's own threads (write-back, soft interrupts) of the
 * whole machine, `load` the generator.
 */
export const ROLES = ["main", "partition", "rest", "kernel", "load"] as const;
export type Role = (typeof ROLES)[number];

const roleUse = z.object({
  /** On a processor, user and system. */
  cpuSeconds: z.number(),
  /** The part of it in system calls; from ticks of 10 ms. */
  systemSeconds: z.number(),
  /** Runnable, and waiting for a processor. */
  waitSeconds: z.number(),
  /** It blocked, and so was woken, this often. */
  voluntarySwitches: z.number(),
  /** It had to make way for another thread. */
  involuntarySwitches: z.number(),
  threads: z.number(),
});
export type RoleUse = z.infer<typeof roleUse>;

const experiment = z.object({
  name: z.string(),
  kind: z.enum(["ingest", "sync", "fetch", "idle"]),
  /** Not used to fit the coefficients, only to check them. */
  isHeldOut: z.boolean(),
  partitions: z.number(),
  connections: z.number(),
  /** Requests that each connection keeps under way. */
  inFlight: z.number(),
  /** Of one batch; of one full response for a fetch. */
  batchBytes: z.number(),
  batchesPerRequest: z.number(),
  /** Between the two looks at the threads. */
  seconds: z.number(),
  /** Share of the machine's time that the host took meanwhile. */
  steal: z.number(),
  requests: z.number(),
  batches: z.number(),
  bytes: z.number(),
  /** What the generator itself saw in its measured stretch. */
  requestsPerSecond: z.number(),
  use: z.record(z.enum(ROLES), roleUse),
  residentBytes: z.number(),
  /** An earlier run's dirty pages were still being written when this one began. */
  isUnsettled: z.boolean(),
});
export type Experiment = z.infer<typeof experiment>;

const callCount = z.object({
  experiment: z.string(),
  requests: z.number(),
  /** Of the broker's threads by role: `all`, and by name. */
  calls: z.record(z.enum(["main", "partition", "rest"]), z.record(z.string(), z.number())),
});
export type CallCount = z.infer<typeof callCount>;

const memory = z.object({
  emptyBytes: z.number(),
  /** With this many more partitions that took one batch each. */
  partitions: z.number(),
  withPartitionsBytes: z.number(),
  /** Growth for each connection of the long-polling consumers. */
  bytesPerConnection: z.number().nullable(),
});

export const modelDataSchema = z.object({
  format: z.literal("odradek-model-1"),
  /** When the first and the last part were finished. */
  measuredFrom: z.string(),
  measuredAt: z.string(),
  command: z.string(),
  /** More than one when parts were measured at different ones. */
  commits: z.array(z.string()),
  isDirty: z.boolean(),
  machine: z.object({ cpuModel: z.string(), cores: z.number(), kernel: z.string(), runtime: z.string() }),
  experiments: z.array(experiment),
  calls: z.array(callCount),
  /** Why there are no calls, or null. */
  callsMissing: z.string().nullable(),
  memory: memory.nullable(),
});
export type ModelData = z.infer<typeof modelDataSchema>;

/** Throws for a file that is not there or not of this model. */
export function readModelData(path: string): ModelData {
  return modelDataSchema.parse(JSON.parse(readFileSync(path, "utf8")));
}
