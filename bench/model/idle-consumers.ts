import { setTimeout as sleep } from "node:timers/promises";
import type { FleetLoadOptions, FleetLoadResult } from "../load/fleet-load.ts";
import { runLoadProcess } from "../load/load-process.ts";
import { stealMeter } from "../load/process-cpu.ts";
import type { RunningSystem } from "../systems/system.ts";
import { IDLE } from "./experiments.ts";
import type { Experiment } from "./model-data.ts";
import { startThreadGauge } from "./thread-gauge.ts";

const WARMUP_SECONDS = 4;
const SECONDS = 4;
/** Into the run of the fleet: it has connected (2 s with one consumer come first) and is within its stretch. */
const LOOK_FROM_MS = 7_500;
const LOOK_MS = 2_000;

/** Settings under which one address may have so many connections. */
export const IDLE_SETTINGS = {
  "max.connections": "10000",
  "max.connections.per.ip": "10000",
  "max.connection.creation.rate.per.ip": "100000",
};

/** Consumers that poll a quiet topic; requests are counted by the rate of their stretch. */
export async function idleConsumers(
  broker: RunningSystem,
  topic: string,
  maxWaitMs: number,
): Promise<{ experiment: Experiment; bytesPerConnection: number }> {
  const { consumers, partitions } = IDLE;
  const options: FleetLoadOptions = {
    port: broker.port,
    brokerPid: broker.pid,
    topic,
    partitions,
    consumers,
    maxWaitMs,
    isQuiet: true,
    warmupSeconds: WARMUP_SECONDS,
    seconds: SECONDS,
  };
  const running = runLoadProcess<FleetLoadResult>({ script: "fleet-load", options });
  running.catch(() => undefined); // is awaited below
  await sleep(LOOK_FROM_MS);
  const steal = stealMeter();
  const startedMs = performance.now();
  const finish = startThreadGauge(broker.pid);
  await sleep(LOOK_MS);
  const use = finish();
  const seconds = (performance.now() - startedMs) / 1000;
  const stolen = steal();
  const load = await running;
  const requestsPerSecond = load.polls / load.seconds;
  const experiment: Experiment = {
    name: `idle ${consumers}c ${maxWaitMs}ms`,
    kind: "idle",
    isHeldOut: false,
    partitions,
    connections: consumers,
    inFlight: 1,
    batchBytes: 0,
    batchesPerRequest: 0,
    seconds,
    steal: stolen,
    requests: requestsPerSecond * seconds,
    batches: 0,
    bytes: 0,
    requestsPerSecond,
    use: {
      ...use,
      load: {
        cpuSeconds: (load.cpuSeconds / load.seconds) * seconds,
        systemSeconds: 0,
        waitSeconds: 0,
        voluntarySwitches: 0,
        involuntarySwitches: 0,
        threads: 1,
      },
    },
    residentBytes: load.residentBytesAfter,
    isUnsettled: false,
  };
  const growth = load.residentBytesAfter - load.residentBytesBefore;
  return { experiment, bytesPerConnection: growth / (consumers - 1) };
}
