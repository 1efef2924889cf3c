import { METRICS, type MetricName } from "../suite/metrics.ts";
import type { SampleResult, WorkloadResult } from "../suite/results.ts";
import { type Spread, spreadOf } from "../suite/statistics.ts";
import { SYSTEM_NAMES, type SystemName } from "../systems/system.ts";

/** The system that the others are held against. */
export const SUBJECT: SystemName = "odradek";

export const SYSTEM_LABELS: Readonly<Record<SystemName, string>> = {
  odradek: "Odradek",
  kafka: "Kafka",
  nats: "NATS",
  redis: "Redis",
};

/** "undecided": the rounds disagree, 1.0 lies between the smallest and the largest ratio. "neutral": no direction is good. */
export type Verdict = "better" | "worse" | "undecided" | "neutral";

/** Says what the colour says. */
export const VERDICT_SIGNS: Readonly<Record<Verdict, string>> = {
  better: "✓",
  worse: "✗",
  undecided: "≈",
  neutral: "",
};

/** Odradek's figure divided by a peer's, round by round. */
export interface Ratio {
  readonly workload: WorkloadResult;
  readonly metric: MetricName;
  readonly peer: SystemName;
  readonly spread: Spread;
  /** Rounds in which both were measured and neither was dropped. */
  readonly rounds: number;
  readonly verdict: Verdict;
  /** The median is on the wrong side of 1.0, decided or not. */
  readonly isBehind: boolean;
}

/** What the hardware gives without a broker: in each round the slowest of the workload's controls that were not dropped. */
export interface Roof {
  readonly metric: MetricName;
  readonly rounds: ReadonlyMap<number, number>;
  readonly spread: Spread;
}

export function countedSamples(workload: WorkloadResult, system: SystemName): SampleResult[] {
  return workload.samples.filter((sample) => sample.system === system && !sample.isDropped);
}

/** Median, smallest and largest of the samples that count; undefined when there is none. */
export function metricSpread(
  workload: WorkloadResult,
  system: SystemName,
  metric: MetricName,
): Spread | undefined {
  const values = countedSamples(workload, system).map(({ metrics }) => metrics[metric]);
  return spreadOrNone(values.filter((value) => value !== undefined));
}

export function ratioTo(
  workload: WorkloadResult,
  peer: SystemName,
  metric: MetricName = workload.headline,
): Ratio | undefined {
  const { spread, rounds } = perRound(
    roundValues(workload, SUBJECT, metric),
    roundValues(workload, peer, metric),
  );
  if (spread === undefined) return undefined;
  const { better } = METRICS[metric];
  const isBehind = better !== null && (better === "higher" ? spread.median < 1 : spread.median > 1);
  return { workload, metric, peer, spread, rounds, verdict: verdictOf(spread, better), isBehind };
}

/** Every headline ratio, workloads in order and peers in order. */
export function headlineRatios(workloads: readonly WorkloadResult[]): Ratio[] {
  return workloads.flatMap((workload) =>
    SYSTEM_NAMES.filter((name) => name !== SUBJECT)
      .map((peer) => ratioTo(workload, peer))
      .filter((ratio) => ratio !== undefined),
  );
}

/** The roof for the headline; for a throughput that no control states, the one for MB/s. */
export function roofOf(workload: WorkloadResult): Roof | undefined {
  const { headline } = workload;
  const candidates: MetricName[] =
    METRICS[headline].better === "higher" ? [headline, "megabytesPerSecond"] : [headline];
  for (const metric of candidates) {
    const rounds = new Map<number, number>();
    const isSlower = METRICS[metric].better === "lower" ? Math.max : Math.min;
    for (const control of workload.controls) {
      const value = control.metrics[metric];
      if (value === undefined || control.isDropped === true) continue;
      rounds.set(control.round, isSlower(rounds.get(control.round) ?? value, value));
    }
    const spread = spreadOrNone([...rounds.values()]);
    if (spread !== undefined) return { metric, rounds, spread };
  }
  return undefined;
}

/** A system's figure divided by the roof of the same round. */
export function shareOfRoof(workload: WorkloadResult, system: SystemName): Spread | undefined {
  const roof = roofOf(workload);
  if (roof === undefined) return undefined;
  return perRound(roundValues(workload, system, roof.metric), roof.rounds).spread;
}

/** The workload with one control alone, by its name, for each: a share of that control and not of the slowest. */
export function byControl(workload: WorkloadResult): Map<string, WorkloadResult> {
  const groups = Map.groupBy(workload.controls, ({ control }) => control);
  return new Map([...groups].map(([name, controls]) => [name, { ...workload, controls }]));
}

/**
 * A system's share of the control in the words of `text`; where there are several controls, of each, with its name. A
 * roof hides how far off the others are. Empty without a share.
 */
export function sharesInWords(
  workload: WorkloadResult,
  system: SystemName,
  text: (share: Spread, metric: MetricName) => string,
): string[] {
  const shares = [...byControl(workload)].flatMap(([name, alone]) => {
    const [share, roof] = [shareOfRoof(alone, system), roofOf(alone)];
    return share === undefined || roof === undefined ? [] : [{ name, words: text(share, roof.metric) }];
  });
  if (shares.length === 1) return [shares[0]!.words];
  return shares.map(({ name, words }) => `${words} of ${name}`);
}

/** Systems with a sample or a failure, Odradek first. */
export function systemsIn(workloads: readonly WorkloadResult[]): SystemName[] {
  return SYSTEM_NAMES.filter((name) =>
    workloads.some(({ samples, failures }) =>
      [...samples, ...failures].some(({ system }) => system === name),
    ),
  );
}

/** Workloads by family, in the order in which the families first come. */
export function byFamily(workloads: readonly WorkloadResult[]): Map<string, WorkloadResult[]> {
  const families = new Map<string, WorkloadResult[]>();
  for (const workload of workloads) {
    const family = families.get(workload.family);
    if (family === undefined) families.set(workload.family, [workload]);
    else family.push(workload);
  }
  return families;
}

/** The name without the family in front, which a heading already says. */
export function shortName({ name, family }: WorkloadResult): string {
  return name.startsWith(`${family}/`) ? name.slice(family.length + 1) : name;
}

/** One value a round: the median when a round measured a system twice. */
function roundValues(workload: WorkloadResult, system: SystemName, metric: MetricName): Map<number, number> {
  const values = new Map<number, number[]>();
  for (const { round, metrics } of countedSamples(workload, system)) {
    const value = metrics[metric];
    if (value !== undefined) values.set(round, [...(values.get(round) ?? []), value]);
  }
  return new Map([...values].map(([round, list]) => [round, spreadOf(list).median]));
}

/** Quotients of the rounds that both sides have; a divisor of zero has no quotient. */
function perRound(
  values: ReadonlyMap<number, number>,
  divisors: ReadonlyMap<number, number>,
): { readonly spread: Spread | undefined; readonly rounds: number } {
  const quotients: number[] = [];
  for (const [round, value] of values) {
    const divisor = divisors.get(round);
    if (divisor !== undefined && divisor !== 0) quotients.push(value / divisor);
  }
  return { spread: spreadOrNone(quotients), rounds: quotients.length };
}

function verdictOf({ median, min, max }: Spread, better: "higher" | "lower" | null): Verdict {
  if (better === null) return "neutral";
  if (median === 1 || (min < 1 && max > 1)) return "undecided";
  return median > 1 === (better === "higher") ? "better" : "worse";
}

function spreadOrNone(values: readonly number[]): Spread | undefined {
  return values.length === 0 ? undefined : spreadOf(values);
}
