import type { SystemName } from "../systems/system.ts";
import type { PlannedWorkload } from "./choose.ts";
import type { SuiteOptions } from "./options.ts";
import { settingsKeyOf } from "./settings-key.ts";
import type { Control } from "./workload.ts";

/** One thing to run in a round. */
export type Step =
  | { readonly kind: "control"; readonly control: Control }
  | { readonly kind: "system"; readonly system: SystemName };

/**
 * A B B A: forward in even rounds, backward in odd ones, so that a machine which steadily gets faster or slower favours
 * nobody. The controls are part of the order, as the outermost A.
 */
export function stepsOfRound({ workload, systems }: PlannedWorkload, round: number): Step[] {
  const forward: Step[] = [
    ...(workload.controls ?? []).map((control): Step => ({ kind: "control", control })),
    ...systems.map((system): Step => ({ kind: "system", system })),
  ];
  return round % 2 === 0 ? forward : forward.reverse();
}

export type Timing = Pick<SuiteOptions, "seconds" | "warmupSeconds" | "peerWarmupSeconds">;

/** Start and end of a load or control process, topic made and deleted, settling, memory filled again: 2 to 5 s here. */
const OVERHEAD_SECONDS = 3.5;
/** Systems that compile as they run: what the first minute shows is the compiler. */
const COMPILES_AS_IT_RUNS: ReadonlySet<SystemName> = new Set(["kafka"]);

/** Load that a system gets when it has just started, before the warm-up on the sample's own topic. */
export function warmupSecondsOfStart(system: SystemName, { peerWarmupSeconds }: Timing): number {
  return COMPILES_AS_IT_RUNS.has(system) ? peerWarmupSeconds : 0;
}

/** About how long a step takes, for the progress bar. */
export function expectedSeconds({ workload }: PlannedWorkload, step: Step, timing: Timing): number {
  const { seconds, warmupSeconds } = timing;
  if (step.kind === "control") return seconds + OVERHEAD_SECONDS;
  return (workload.expectedSeconds?.(seconds, warmupSeconds) ?? seconds + warmupSeconds) + OVERHEAD_SECONDS;
}

/** About how long a run takes. */
export function expectedSecondsOfAll(plan: readonly PlannedWorkload[], timing: Timing): number {
  let sum = 0;
  const running = new Map<SystemName, string>();
  for (const planned of plan) {
    const { kind, settings } = planned.workload;
    if (kind === "process") running.clear();
    for (const system of kind === "load" ? planned.systems : []) {
      const key = settingsKeyOf(settings?.[system]);
      if (running.get(system) !== key) sum += warmupSecondsOfStart(system, timing);
      running.set(system, key);
    }
    for (const step of stepsOfRound(planned, 0))
      sum += expectedSeconds(planned, step, timing) * planned.rounds;
  }
  return sum;
}
