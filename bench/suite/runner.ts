import { setTimeout as sleep } from "node:timers/promises";
import type { PlannedWorkload } from "./choose.ts";
import {
  type Measured,
  measureControl,
  measureLoad,
  measureProcesses,
  messageOf,
  type Surroundings,
  warmBroker,
  withinGrace,
} from "./measure.ts";
import { METRICS } from "./metrics.ts";
import type { MemoryState } from "./page-cache-filler.ts";
import type { WorkloadRecord } from "./recorder.ts";
import { expectedSeconds, type Step, stepsOfRound } from "./schedule.ts";
import { SETTLED_BYTES_MAX, type Settled } from "./settle.ts";
import type { Sample } from "./workload.ts";

/** A sample over the limit of steal is tried once more: a neighbour's burst is short, a busy host is not. */
const ATTEMPTS = 2;
/** Ctrl-C reaches the brokers and loads too: their end may be noticed a little before the suite's own signal. */
const SIGNAL_LAG_MS = 100;
const SILENT_WAIT_MS = 500;

/**
 * Runs every workload's rounds in order, and keeps going when one fails: a failure is a result. Resolves early when the
 * signal is aborted; what was measured until then is recorded, and the sample that it cut short is not.
 */
export async function runPlan(plan: readonly PlannedWorkload[], around: Surroundings): Promise<void> {
  for (const [index, planned] of plan.entries()) {
    const record = around.recorder.begin(planned);
    around.progress.workload(planned.workload.name, index, plan.length);
    await withinGrace(prepareBrokers(planned, around), around.signal).catch(() => undefined);
    for (let round = 0; round < planned.rounds; round++) {
      for (const step of stepsOfRound(planned, round)) {
        const subject = step.kind === "control" ? step.control.name : step.system;
        around.progress.step(subject, round, planned.rounds);
        await runStep(planned, step, round, record, around);
        if (around.signal.aborted) return;
        around.progress.stepDone(expectedSeconds(planned, step, around.options));
      }
    }
  }
}

/**
 * All brokers are up and warm before the first sample: one that joins later would leave the first round quieter than the
 * others. One that does not start fails again, and is recorded, when its turn comes.
 */
async function prepareBrokers({ workload, systems }: PlannedWorkload, around: Surroundings): Promise<void> {
  if (workload.kind !== "load") return;
  for (const system of systems) {
    if (around.signal.aborted) return;
    around.progress.note(`starts ${system}`);
    await warmBroker(workload, system, around).catch(() => undefined);
  }
}

async function runStep(
  planned: PlannedWorkload,
  step: Step,
  round: number,
  record: WorkloadRecord,
  around: Surroundings,
): Promise<void> {
  const { signal, progress, options } = around;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      const settled = await settleAloud(memoryOf(planned), around);
      if (signal.aborted) return;
      const { sample, steal } = await withinGrace(measureStep(planned, step, around), signal);
      if (signal.aborted) return;
      const isDropped = steal > options.stealMax;
      addTo(record, step, round, { sample: withRemark(sample, settled), steal }, isDropped);
      progress.measured(sample.metrics[planned.workload.headline], isDropped ? steal : null);
      if (!isDropped) return;
    } catch (error) {
      if (!signal.aborted) await sleep(SIGNAL_LAG_MS);
      if (signal.aborted) return;
      addFailureTo(record, step, round, messageOf(error));
      progress.failed(messageOf(error));
      return;
    }
  }
}

function memoryOf({ workload }: PlannedWorkload): MemoryState {
  return workload.kind === "load" && METRICS[workload.headline].better === "higher" ? "full" : "free";
}

/** Says that it waits only when it does. */
async function settleAloud(
  memory: MemoryState,
  { settle, signal, progress }: Surroundings,
): Promise<Settled> {
  const timer = setTimeout(() => progress.note("waits for the disk to settle"), SILENT_WAIT_MS);
  try {
    return await settle(signal, memory);
  } finally {
    clearTimeout(timer);
    progress.note("");
  }
}

function measureStep({ workload }: PlannedWorkload, step: Step, around: Surroundings): Promise<Measured> {
  if (step.kind === "control") return measureControl(step.control, around);
  if (workload.kind === "process") return measureProcesses(workload, step.system, around);
  return measureLoad(workload, step.system, around);
}

function withRemark(sample: Sample, { isUnsettled, dirtyBytes }: Settled): Sample {
  if (!isUnsettled) return sample;
  const [dirty, limit] = [dirtyBytes, SETTLED_BYTES_MAX].map((bytes) => (bytes / 1e6).toFixed(0));
  const remark = `began with ${dirty} MB not yet written back, more than the ${limit} MB of a settled machine`;
  return { ...sample, remarks: [remark, ...(sample.remarks ?? [])] };
}

function addTo(
  record: WorkloadRecord,
  step: Step,
  round: number,
  { sample, steal }: Measured,
  isDropped: boolean,
): void {
  const metrics = { ...sample.metrics };
  if (step.kind === "control") {
    const { name: control, blockBytes } = step.control;
    record.addControl({ control, round, blockBytes, metrics, steal, isDropped });
    return;
  }
  const curves = (sample.curves ?? []).map((curve) => ({
    ...curve,
    points: curve.points.map(([x, y]): [number, number] => [x, y]),
  }));
  const remarks = [...(sample.remarks ?? [])];
  record.addSample({ system: step.system, round, steal, isDropped, metrics, curves, remarks });
}

function addFailureTo(record: WorkloadRecord, step: Step, round: number, message: string): void {
  if (step.kind === "control") record.addControlFailure(step.control.name, round, message);
  else record.addFailure(step.system, round, message);
}
