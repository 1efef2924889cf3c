import { countedSamples, roofOf, systemsIn } from "../report/comparison.ts";
import type { SystemName } from "../systems/system.ts";
import { METRICS, type MetricName } from "./metrics.ts";
import { rankSumProbability } from "./rank-sum.ts";
import type { Results, WorkloadResult } from "./results.ts";
import { type Spread, spreadOf } from "./statistics.ts";

/** "too few": neither run has the rounds to tell. */
export type ChangeVerdict = "better" | "worse" | "different" | "within noise" | "too few rounds";

/** One metric of one system in one workload, in two runs. */
export interface Change {
  readonly workload: string;
  readonly system: SystemName;
  /** "share": the headline (or MB/s) as a share of the controls that both runs have; the machine's own drift cancels out. */
  readonly metric: MetricName | "share";
  readonly isHeadline: boolean;
  readonly before: Spread;
  readonly after: Spread;
  /** After / before - 1; null when it was zero. */
  readonly relative: number | null;
  readonly verdict: ChangeVerdict;
}

export interface Comparison {
  readonly changes: readonly Change[];
  /** Reasons not to trust absolute figures: another machine, other options, unfinished runs. */
  readonly warnings: readonly string[];
  /** Workloads that only one of the runs has. */
  readonly unmatched: readonly string[];
}

const ROUNDS_MIN = 3;
/** From here on a rank-sum test can come out below `PROBABILITY_MAX`. */
const ROUNDS_FOR_TEST = 4;
const PROBABILITY_MAX = 0.05;

/**
 * Whether two sets of rounds differ beyond their noise:
 *
 * 1. Fewer than three rounds on a side tell nothing.
 * 2. Each side's median must lie outside the other side's smallest to largest.
 * 3. With four rounds or more on both sides, a two-sided exact rank-sum test must give p < 0.05; with three it cannot, so
 *    there the ranges must not touch.
 *
 * The rounds of one run know nothing of what changes between runs (another host, another neighbour): only the share of
 * the control, of the same round, does. Believe an absolute change whose share has not changed only on a quiet machine.
 */
export function isBeyondNoise(before: readonly number[], after: readonly number[]): boolean | null {
  if (Math.min(before.length, after.length) < ROUNDS_MIN) return null;
  const [old, now] = [spreadOf(before), spreadOf(after)];
  if (isWithin(now.median, old) || isWithin(old.median, now)) return false;
  if (Math.min(before.length, after.length) < ROUNDS_FOR_TEST) return now.min > old.max || now.max < old.min;
  return rankSumProbability(before, after) < PROBABILITY_MAX;
}

function isWithin(value: number, { min, max }: Spread): boolean {
  return value >= min && value <= max;
}

/** What both runs measured, in the order of the newer one. */
export function compareResults(before: Results, after: Results): Comparison {
  const old = new Map(before.workloads.map((workload) => [workload.name, workload]));
  const names = new Set(after.workloads.map(({ name }) => name));
  return {
    changes: after.workloads.flatMap((workload) => {
      const earlier = old.get(workload.name);
      return earlier === undefined ? [] : changesOf(earlier, workload);
    }),
    warnings: warningsOn(before, after),
    unmatched: [
      ...[...names].filter((name) => !old.has(name)),
      ...[...old.keys()].filter((name) => !names.has(name)),
    ],
  };
}

function changesOf(older: WorkloadResult, newer: WorkloadResult): Change[] {
  const [before, after] = [withControlsOf(older, newer), withControlsOf(newer, older)];
  return systemsIn([after]).flatMap((system) => {
    const metrics: (MetricName | "share")[] = [
      after.headline,
      "share",
      ...(Object.keys(METRICS) as MetricName[]).filter((metric) => metric !== after.headline),
    ];
    return metrics.flatMap((metric) => {
      const [old, now] = [valuesOf(before, system, metric), valuesOf(after, system, metric)];
      if (old.length === 0 || now.length === 0) return [];
      return [
        {
          ...{ workload: after.name, system, metric, isHeadline: metric === after.headline },
          ...{ before: spreadOf(old), after: spreadOf(now) },
          relative: spreadOf(old).median === 0 ? null : spreadOf(now).median / spreadOf(old).median - 1,
          verdict: verdictOn(old, now, metric === "share" ? directionOfShare(after) : METRICS[metric].better),
        },
      ];
    });
  });
}

/** A control that came later, or failed in one run, would make the shares those of two different things. */
function withControlsOf(workload: WorkloadResult, other: WorkloadResult): WorkloadResult {
  const names = new Set(other.controls.map(({ control }) => control));
  return { ...workload, controls: workload.controls.filter(({ control }) => names.has(control)) };
}

/** Of the samples that count, in the order of rounds. */
function valuesOf(workload: WorkloadResult, system: SystemName, metric: MetricName | "share"): number[] {
  const samples = countedSamples(workload, system);
  if (metric !== "share")
    return samples.map(({ metrics }) => metrics[metric]).filter((value) => value !== undefined);
  const roof = roofOf(workload);
  if (roof === undefined) return [];
  return samples.flatMap(({ round, metrics }) => {
    const [value, divisor] = [metrics[roof.metric], roof.rounds.get(round)];
    return value === undefined || divisor === undefined || divisor === 0 ? [] : [value / divisor];
  });
}

function directionOfShare(workload: WorkloadResult): "higher" | "lower" | null {
  return METRICS[roofOf(workload)?.metric ?? workload.headline].better;
}

function verdictOn(
  before: readonly number[],
  after: readonly number[],
  better: "higher" | "lower" | null,
): ChangeVerdict {
  const isChanged = isBeyondNoise(before, after);
  if (isChanged === null) return "too few rounds";
  if (!isChanged) return "within noise";
  if (better === null) return "different";
  return spreadOf(after).median > spreadOf(before).median === (better === "higher") ? "better" : "worse";
}

function warningsOn(before: Results, after: Results): string[] {
  const warnings: string[] = [];
  const differences = (what: string, old: object, now: object): void => {
    const values = new Map(Object.entries(old));
    for (const [name, value] of Object.entries(now))
      if (values.get(name) !== value)
        warnings.push(`${what} differs: ${name} ${values.get(name)} → ${value}`);
  };
  differences("the machine", before.machine, after.machine);
  differences("an option", before.options, after.options);
  for (const { name, version } of after.systems) {
    const old = before.systems.find((system) => system.name === name);
    if (old !== undefined) differences(`the version of ${name}`, { version: old.version }, { version });
  }
  for (const [which, { isComplete }] of [["older", before] as const, ["newer", after] as const])
    if (!isComplete) warnings.push(`the ${which} run was interrupted`);
  return warnings;
}
