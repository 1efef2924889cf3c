import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningSystem, SystemName } from "../systems/system.ts";
import type { BrokerPool, Lease } from "./broker-pool.ts";
import type { Metrics } from "./metrics.ts";
import type { SuiteOptions } from "./options.ts";
import type { MemoryState } from "./page-cache-filler.ts";
import type { Progress } from "./progress.ts";
import type { Recorder } from "./recorder.ts";
import { type Timing, warmupSecondsOfStart } from "./schedule.ts";
import type { Settled } from "./settle.ts";
import type { Control, MeasureContext, ProcessContext, Sample, Workload } from "./workload.ts";

/** What a run needs from around it; a test brings its own. */
export interface Surroundings {
  readonly pool: BrokerPool;
  readonly recorder: Recorder;
  readonly progress: Progress;
  readonly options: Timing & Pick<SuiteOptions, "stealMax">;
  readonly loadCpus?: readonly number[] | undefined;
  /** Runs a control in a process of its own. */
  readonly runControl: (control: Control, seconds: number, signal: AbortSignal) => Promise<Metrics>;
  readonly stealMeter: () => () => number;
  readonly settle: (signal: AbortSignal, memory: MemoryState) => Promise<Settled>;
  /** Aborted on Ctrl-C. */
  readonly signal: AbortSignal;
}

export interface Measured {
  readonly sample: Sample;
  /** Share of the machine's time that the hypervisor took meanwhile, 0 to 1. */
  readonly steal: number;
}

/** Of the load that a new broker gets; each has a topic of its own, so that a minute of load does not fill the disk. */
const WARMUP_STRETCH_SECONDS = 10;

type LoadWorkload = Extract<Workload, { kind: "load" }>;
type ProcessWorkload = Extract<Workload, { kind: "process" }>;

/** One sample on the suite's broker of a system, which is started when it is not there. */
export async function measureLoad(
  workload: LoadWorkload,
  system: SystemName,
  around: Surroundings,
): Promise<Measured> {
  const broker = await warmBroker(workload, system, around);
  const { seconds, warmupSeconds } = around.options;
  return await measureOnTopic(workload, broker, { seconds, warmupSeconds }, around);
}

/** The suite's broker with the workload's settings; started, and put under load where it needs that, if it is new. */
export async function warmBroker(
  workload: LoadWorkload,
  system: SystemName,
  around: Surroundings,
): Promise<RunningSystem> {
  const lease = await around.pool.lease(system, workload.settings?.[system]);
  around.recorder.systemStarted(system, lease.broker.command);
  if (!lease.isWarm) await warmUp(workload, lease, around);
  return lease.broker;
}

async function warmUp(workload: LoadWorkload, lease: Lease, around: Surroundings): Promise<void> {
  const { name } = lease.broker.system;
  let left = warmupSecondsOfStart(name, around.options);
  for (; left > 0 && !around.signal.aborted; left -= WARMUP_STRETCH_SECONDS) {
    around.progress.note(`${name} has just started: ${left} s of load before it is measured`);
    const seconds = Math.min(left, WARMUP_STRETCH_SECONDS);
    await measureOnTopic(workload, lease.broker, { seconds, warmupSeconds: 0 }, around);
    around.progress.stepDone(seconds);
  }
  lease.isWarm = true;
}

let topicsMade = 0;

async function measureOnTopic(
  workload: LoadWorkload,
  broker: RunningSystem,
  lengths: Pick<MeasureContext, "seconds" | "warmupSeconds">,
  around: Surroundings,
): Promise<Measured> {
  const scratch = around.pool.newFolder("scratch");
  const topic = `bench-${++topicsMade}`;
  const context = { ...commonContext(around), ...lengths, broker, topic, scratch };
  try {
    const steal = around.stealMeter();
    const sample = await workload.measure(context);
    const measured = { sample, steal: steal() };
    if (around.signal.aborted) return measured;
    const problem = await deleteTopic(broker, topic);
    if (problem === null) return measured;
    return { ...measured, sample: { ...sample, remarks: [...(sample.remarks ?? []), problem] } };
  } catch (error) {
    // Its files would slow the samples after it; whether it was made at all is not known here.
    if (!around.signal.aborted) await deleteTopic(broker, topic);
    throw error;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function deleteTopic(broker: RunningSystem, topic: string): Promise<string | null> {
  try {
    await broker.deleteTopic(topic);
    return null;
  } catch (error) {
    return `its topic could not be deleted: ${messageOf(error)}`;
  }
}

/** One sample of a workload about processes. It gets the machine to itself: idle neighbours hold memory and timers. */
export async function measureProcesses(
  workload: ProcessWorkload,
  system: SystemName,
  around: Surroundings,
): Promise<Measured> {
  const { pool, recorder } = around;
  await pool.stopAll();
  const scratch = pool.newFolder("scratch");
  const started: RunningSystem[] = [];
  const start: ProcessContext["start"] = async (options) => {
    const running = await pool.start(system, options);
    started.push(running);
    recorder.systemStarted(system, running.command);
    return running;
  };
  const { seconds, warmupSeconds } = around.options;
  const context = { ...commonContext(around), seconds, warmupSeconds, scratch };
  try {
    const steal = around.stealMeter();
    const sample = await workload.measure({ ...context, system: pool.system(system), start });
    return { sample, steal: steal() };
  } finally {
    await Promise.allSettled(started.map((running) => running[Symbol.asyncDispose]()));
    rmSync(scratch, { recursive: true, force: true });
  }
}

export async function measureControl(control: Control, around: Surroundings): Promise<Measured> {
  const steal = around.stealMeter();
  const metrics = await around.runControl(control, around.options.seconds, around.signal);
  return { sample: { metrics }, steal: steal() };
}

function commonContext({ loadCpus, recorder, signal, progress }: Surroundings) {
  return {
    ...(loadCpus === undefined ? {} : { loadCpus }),
    earlier: (workload: string, system: SystemName) => recorder.earlier(workload, system),
    signal,
    report: (message: string) => progress.note(message),
  };
}

/** How long what Ctrl-C cut short may take to end by itself. */
const ABORT_GRACE_MS = 5_000;

/** The outcome, or a rejection when `signal` was aborted and it has not come for five seconds since. */
export async function withinGrace<T>(outcome: Promise<T>, signal: AbortSignal): Promise<T> {
  const done = new AbortController();
  const aborted = Promise.withResolvers<void>();
  const onAbort = (): void => aborted.resolve();
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  const tooLate = aborted.promise.then(async () => {
    await sleep(ABORT_GRACE_MS, undefined, { signal: done.signal });
    throw new Error("interrupted");
  });
  tooLate.catch(() => undefined); // the outcome came first
  try {
    return await Promise.race([outcome, tooLate]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    done.abort();
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
