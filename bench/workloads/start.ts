import { join } from "node:path";
import { untilAllAnswer, untilAppended } from "../load/partition-readiness.ts";
import type { ProcessContext, Sample, Workload } from "../suite/workload.ts";
import type { RunningSystem } from "../systems/system.ts";

/**
 * Processes that start and then have nothing to do. The start is what the system adapter saw: from the start of the
 * process to its first answer; when all partitions answer is a figure of its own, because a broker may listen before.
 */
const IDLE_SECONDS = 5;
const READY_MS_MAX = 60_000;
const TOPIC = "started";

export const startWorkloads: readonly Workload[] = [
  {
    kind: "process",
    name: "start/empty",
    family: "start",
    description: `Start on an empty data directory to the first ApiVersions answer; then RSS after ${IDLE_SECONDS} s without a client.`,
    acknowledged: "not applicable",
    systems: ["odradek", "kafka"],
    isShort: true,
    roundsMax: 3,
    headline: "startMs",
    measure: startEmpty,
    expectedSeconds: () => IDLE_SECONDS + 5,
  },
  {
    kind: "process",
    name: "start/1000-partitions",
    family: "start",
    description: `Start after a clean stop with 1,000 partitions of one record each, to the first ApiVersions answer and until all answer ListOffsets; then RSS after ${IDLE_SECONDS} s without a client.`,
    acknowledged: "not applicable",
    systems: ["odradek", "kafka"],
    isShort: false,
    roundsMax: 3,
    headline: "startMs",
    measure: (context) => startFilled(context, 1000),
    expectedSeconds: () => IDLE_SECONDS + 25,
  },
];

async function startEmpty(context: ProcessContext): Promise<Sample> {
  await using broker = await context.start({ dataDirectory: join(context.scratch, "data") });
  return { metrics: { startMs: broker.startMs, ...(await idle(broker)) } };
}

async function startFilled(context: ProcessContext, partitions: number): Promise<Sample> {
  const dataDirectory = join(context.scratch, "data");
  await prepare(context, dataDirectory, partitions);
  await using broker = await context.start({ dataDirectory });
  const answeredAt = performance.now();
  await untilAllAnswer(broker.port, TOPIC, partitions, READY_MS_MAX);
  const readyMs = broker.startMs + performance.now() - answeredAt;
  return { metrics: { startMs: broker.startMs, readyMs, ...(await idle(broker)) } };
}

/** Topics with a record in every partition, so that there is something to open; stopped cleanly. */
async function prepare(context: ProcessContext, dataDirectory: string, partitions: number): Promise<void> {
  context.report(`making ${partitions} partitions`);
  await using broker = await context.start({ dataDirectory });
  await broker.createTopic(TOPIC, partitions);
  await untilAppended(broker.port, TOPIC, partitions, 1, READY_MS_MAX);
}

async function idle(broker: RunningSystem): Promise<NonNullable<Sample["metrics"]>> {
  const cpuBefore = broker.cpuSeconds();
  await Bun.sleep(IDLE_SECONDS * 1000);
  return {
    residentMegabytes: broker.residentBytes() / 1e6,
    brokerCores: (broker.cpuSeconds() - cpuBefore) / IDLE_SECONDS,
    descriptors: broker.descriptors(),
    threads: broker.threads(),
  };
}
