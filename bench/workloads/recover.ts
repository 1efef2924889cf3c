import { join } from "node:path";
import { TopicFiller } from "../load/fill-topic.ts";
import { untilAllAnswer, untilAppended } from "../load/partition-readiness.ts";
import { settle } from "../suite/settle.ts";
import type { ProcessContext, Sample, Workload } from "../suite/workload.ts";
import type { RunningSystem } from "../systems/system.ts";
import { makeSparseData } from "./sparse-data.ts";

/**
 * One partition of a size; killed while records come in, and started again; then stopped cleanly and started again. What
 * counts is when it takes a record. The page cache is as the kill left it: a process died, not the machine.
 */
const GIGABYTE = 1e9;
const TOPIC = "recovered";
/** Written behind the bulk, which is on disk by then, before the kill: more than one checkpoint interval of Odradek. */
const TAIL_BYTES = 256e6;
/** For the kill to hit a broker that is writing. */
const KILL_AFTER_MS = 300;
/** Far more than it can write until then. */
const ENDLESS_BYTES = 1e12;
const READY_MS_MAX = 10 * 60_000;

interface DataSet {
  readonly name: string;
  readonly bytes: number;
  readonly isSparse: boolean;
}

const DATA_SETS: readonly DataSet[] = [
  { name: "1GB", bytes: GIGABYTE, isSparse: false },
  { name: "10GB", bytes: 10 * GIGABYTE, isSparse: false },
  { name: "100GB-sparse", bytes: 100 * GIGABYTE, isSparse: true },
];

export const recoverWorkloads: readonly Workload[] = DATA_SETS.map((data) => ({
  kind: "process",
  name: `recover/${data.name}`,
  family: "recover",
  description: `SIGKILL under load with ${data.bytes / GIGABYTE} GB in one partition${data.isSparse ? " (sparse files of valid batches)" : ""}: from the start of the process until it has taken a record. Ready: the same after a clean stop.`,
  acknowledged: "page cache",
  systems: data.isSparse ? ["odradek"] : ["odradek", "kafka"],
  isShort: data.name === "1GB",
  roundsMax: 1,
  headline: "recoveryMs",
  measure: (context) => measure(context, data),
  expectedSeconds: () => 20 + (data.isSparse ? 30 : (data.bytes / GIGABYTE) * 5),
}));

async function measure(context: ProcessContext, data: DataSet): Promise<Sample> {
  const dataDirectory = join(context.scratch, "data");
  if (data.isSparse) await makeSparseData(context, dataDirectory, [{ topic: TOPIC, bytes: data.bytes }]);
  const acknowledged = await fillAndKill(context, dataDirectory, data);

  const recovered = await startTaking(context, dataDirectory);
  const residentMegabytes = recovered.broker.residentBytes() / 1e6;
  const [end] = await untilAllAnswer(recovered.broker.port, TOPIC, 1, READY_MS_MAX);
  await recovered.broker[Symbol.asyncDispose]();
  if (end! < acknowledged) {
    throw new Error(`${acknowledged} records were acknowledged, and the log ends at ${end} after the kill`);
  }
  const clean = await startTaking(context, dataDirectory);
  await clean.broker[Symbol.asyncDispose]();
  const curve = (name: string, ms: number) =>
    ({
      name,
      xLabel: "bytes",
      yLabel: "ms",
      xScale: "log",
      yScale: "log",
      points: [[data.bytes, ms]],
    }) as const;
  return {
    metrics: {
      recoveryMs: recovered.takingMs,
      readyMs: clean.takingMs,
      startMs: clean.broker.startMs,
      dataBytes: data.bytes,
      residentMegabytes,
    },
    curves: [curve("after SIGKILL", recovered.takingMs), curve("after a clean stop", clean.takingMs)],
  };
}

/** Resolves with the number of records that the broker has acknowledged, or that were there before it. */
async function fillAndKill(context: ProcessContext, dataDirectory: string, data: DataSet): Promise<number> {
  await using broker = await context.start({ dataDirectory });
  if (!data.isSparse) await broker.createTopic(TOPIC, 1, { "retention.ms": "-1" });
  const [before] = await untilAllAnswer(broker.port, TOPIC, 1, READY_MS_MAX);
  using filler = await TopicFiller.connect(broker.port, TOPIC);
  context.report(`writing ${data.name}`);
  if (!data.isSparse) await filler.fill(data.bytes, context.signal);
  await settle(context.signal);
  await filler.fill(TAIL_BYTES, context.signal);
  const writing = filler.fill(ENDLESS_BYTES, context.signal).catch((error: unknown) => error);
  await Bun.sleep(KILL_AFTER_MS);
  await broker.kill();
  await writing;
  context.signal.throwIfAborted();
  return before! + filler.records;
}

/** Starts it and sends a record until it is taken. */
async function startTaking(
  context: ProcessContext,
  dataDirectory: string,
): Promise<{ readonly broker: RunningSystem; readonly takingMs: number }> {
  const broker = await context.start({ dataDirectory });
  const answeredAt = performance.now();
  await untilAppended(broker.port, TOPIC, 1, 1, READY_MS_MAX);
  return { broker, takingMs: broker.startMs + performance.now() - answeredAt };
}
