import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { describeCommit, describeMachine } from "../suite/machine.ts";
import { PageCacheFiller } from "../suite/page-cache-filler.ts";
import { odradek } from "../systems/odradek.ts";
import type { RunningSystem } from "../systems/system.ts";
import { COUNTED, type Design, FETCH, IDLE, INGEST_FEW, INGEST_MANY, nameOf, SYNC } from "./experiments.ts";
import { IDLE_SETTINGS, idleConsumers } from "./idle-consumers.ts";
import { type ModelData, readModelData } from "./model-data.ts";
import { runDesign, runExperiment, type WarmTopic, warmTopic } from "./run-experiment.ts";
import { countSystemCalls } from "./system-calls.ts";

const USAGE = `Usage: bun bench/model/measure.ts --out model.json [--lock file] [--data folder] [--part name]

Measures what the cost model is fitted to, in about three minutes and four parts, each with a broker of its own.
  --lock   each part takes this lock file by flock(1) for itself, so that others get their turn between
  --data   folder on the disk to measure, below which a temporary one is made (default: the system's)
  --part   only ${["few", "many", "fetch", "other"].join(", ")}: the others are taken over from the file that is there`;

const PARTS = { few: measureFew, many: measureMany, fetch: measureFetch, other: measureOther };
type Part = keyof typeof PARTS;
/** What one part adds. */
type Found = Partial<Pick<ModelData, "experiments" | "calls" | "callsMissing" | "memory">>;

const FILL_BYTES = 400e6;
/** A broker is idle again after its first steps. */
const REST_MS = 300;
const CALLS_SECONDS = 1;
const FETCH_WARMUP_SECONDS = 3;

async function measureFew(broker: RunningSystem, filler: PageCacheFiller): Promise<Found> {
  return {
    experiments: await onTopics(broker, filler, INGEST_FEW, (partitions) => ({ seconds: 3 + partitions })),
  };
}

async function measureMany(broker: RunningSystem, filler: PageCacheFiller): Promise<Found> {
  return { experiments: await onTopics(broker, filler, INGEST_MANY, () => ({ seconds: 15 })) };
}

async function measureFetch(broker: RunningSystem, filler: PageCacheFiller): Promise<Found> {
  const fetched = await onTopics(broker, filler, FETCH, () => ({ seconds: 0, fillBytes: FILL_BYTES }));
  const synced = await onTopics(broker, filler, SYNC, () => ({ seconds: 2, isSynced: true }));
  return { experiments: [...fetched, ...synced] };
}

async function measureOther(broker: RunningSystem): Promise<Found> {
  await sleep(REST_MS);
  const emptyBytes = broker.residentBytes();
  await broker.createTopic("idle", IDLE.partitions);
  await sleep(REST_MS);
  const withPartitionsBytes = broker.residentBytes();
  const experiments: ModelData["experiments"] = [];
  let bytesPerConnection: number | null = null;
  for (const waitMs of IDLE.waitsMs) {
    const idle = await idleConsumers(broker, "idle", waitMs);
    experiments.push(idle.experiment);
    // Of the first fleet: the second one finds memory that the first one left.
    bytesPerConnection ??= idle.bytesPerConnection;
  }
  const memory = { emptyBytes, partitions: IDLE.partitions, withPartitionsBytes, bytesPerConnection };
  try {
    return { experiments, memory, calls: await countCalls(broker), callsMissing: null };
  } catch (error) {
    return { experiments, memory, calls: [], callsMissing: (error as Error).message };
  }
}

/** The designs one after the other; neighbours with as many partitions share a topic, which is warmed before. */
async function onTopics(
  broker: RunningSystem,
  filler: PageCacheFiller,
  designs: readonly Design[],
  warmth: (partitions: number) => Parameters<typeof warmTopic>[3],
): Promise<ModelData["experiments"]> {
  const found: ModelData["experiments"] = [];
  let topic: WarmTopic | null = null;
  for (const design of designs) {
    if (topic?.partitions !== design.partitions) {
      if (topic !== null) await broker.deleteTopic(topic.name);
      const name = `model-${design.kind}-${design.partitions}`;
      topic = await warmTopic(broker, name, design.partitions, warmth(design.partitions));
      if (design.kind === "fetch") await runDesign(broker, topic, design, FETCH_WARMUP_SECONDS);
    }
    // Free pages are what a guest's host takes back: whoever gets them next pays for that.
    await filler.fill(new AbortController().signal);
    const experiment = await runExperiment(broker, topic, design);
    found.push(experiment);
    const rate = ((experiment.bytes / experiment.requests) * experiment.requestsPerSecond) / 1e6;
    process.stderr.write(
      `${experiment.name}: ${rate.toFixed(0)} MB/s, ${(experiment.steal * 100).toFixed(1)} % steal\n`,
    );
  }
  if (topic !== null) await broker.deleteTopic(topic.name);
  return found;
}

async function countCalls(broker: RunningSystem): Promise<ModelData["calls"]> {
  const counts: ModelData["calls"] = [];
  for (const design of COUNTED) {
    const fill = design.kind === "fetch" ? { fillBytes: FILL_BYTES } : {};
    const topic = await warmTopic(broker, "calls", design.partitions, { seconds: 1, ...fill });
    let requests = 0;
    const calls: ModelData["calls"][number]["calls"] = await countSystemCalls(broker.pid, async () => {
      requests = (await runDesign(broker, topic, design, CALLS_SECONDS)).operations;
    });
    counts.push({ experiment: nameOf(design), requests, calls });
    await broker.deleteTopic(topic.name);
  }
  return counts;
}

/** One part with a broker of its own; its rows replace those of the same names in `before`. */
async function measurePart(part: Part, dataFolder: string, before: ModelData | null): Promise<ModelData> {
  const folder = mkdtempSync(join(dataFolder, "odradek-model-"));
  try {
    await using filler = await PageCacheFiller.create(folder);
    await using broker = await odradek.start({ dataDirectory: folder, settings: IDLE_SETTINGS });
    const found = await PARTS[part](broker, filler);
    const names = new Set(found.experiments?.map(({ name }) => name));
    const { cpuModel, cores, kernel, runtime } = describeMachine(dataFolder);
    const { commit, isDirty } = describeCommit();
    const measuredAt = new Date().toISOString();
    return {
      format: "odradek-model-1",
      measuredFrom: before?.measuredFrom ?? measuredAt,
      measuredAt,
      command: "bun bench/model/measure.ts --out model.json",
      commits: [...new Set([...(before?.commits ?? []), commit])],
      isDirty: isDirty || (before?.isDirty ?? false),
      machine: { cpuModel, cores, kernel, runtime },
      experiments: [
        ...(before?.experiments ?? []).filter(({ name }) => !names.has(name)),
        ...(found.experiments ?? []),
      ],
      calls: found.calls ?? before?.calls ?? [],
      callsMissing: found.callsMissing === undefined ? (before?.callsMissing ?? null) : found.callsMissing,
      memory: found.memory ?? before?.memory ?? null,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      out: { type: "string" },
      lock: { type: "string" },
      data: { type: "string", default: tmpdir() },
      part: { type: "string" },
      help: { type: "boolean" },
    },
  });
  const { out, lock, data, part } = values;
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  if (out === undefined || (part !== undefined && !(part in PARTS))) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const path = resolve(out);
  if (part === undefined) {
    rmSync(path, { force: true });
    return runParts(path, data, lock);
  }
  mkdirSync(dirname(path), { recursive: true });
  const before = existsSync(path) ? readModelData(path) : null;
  writeFileSync(path, `${JSON.stringify(await measurePart(part as Part, data, before), null, 1)}\n`);
  return 0;
}

/** Each part in a process of its own, so that a lock is held for a part only. Returns the first exit code that is not 0. */
function runParts(out: string, data: string, lock: string | undefined): number {
  for (const part of Object.keys(PARTS)) {
    const words = [process.execPath, import.meta.path, "--part", part, "--out", out, "--data", data];
    const [program, ...args] = lock === undefined ? words : ["flock", lock, ...words];
    const { status } = spawnSync(program!, args, { stdio: ["ignore", "inherit", "inherit"] });
    if (status !== 0) return status ?? 1;
  }
  return 0;
}

if (import.meta.main) process.exitCode = await main();
