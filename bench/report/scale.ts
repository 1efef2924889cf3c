import { assert } from "../../src/base/assert.ts";
import { formatTick } from "./number-format.ts";

export interface Tick {
  readonly value: number;
  /** Empty: a line without a number. */
  readonly label: string;
}

/** Maps values to pixels. `at` is monotone and clamps to the domain; every tick lies inside the domain. */
export interface Scale {
  readonly domain: Interval;
  readonly range: Interval;
  readonly ticks: readonly Tick[];
  at(value: number): number;
}

export type Interval = readonly [from: number, to: number];

const LOG_STEPS = [1, 2, 5] as const;
const TICKS_MAX = 200;

/** From zero (or the nice number below a negative minimum) to the nice number above the largest value. */
export function linearScale(values: readonly number[], range: Interval, tickCount = 5): Scale {
  const largest = Math.max(0, ...values);
  const smallest = Math.min(0, ...values);
  const step = niceStep((largest - smallest || 1) / tickCount);
  const from = Math.floor(smallest / step + 1e-9 * Math.sign(smallest)) * step;
  const to = Math.max(Math.ceil(largest / step - 1e-9) * step, from + step);
  const count = Math.min(Math.round((to - from) / step), TICKS_MAX);
  const ticks = Array.from({ length: count + 1 }, (_, index) => tickAt(clamp(from + index * step, from, to)));
  return scaleOf([from, to], range, ticks, (value) => value);
}

/** Between the 1-2-5 numbers around the positive values; zero and less sit at the lower end. */
export function logScale(values: readonly number[], range: Interval): Scale {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  const smallest = positive.length === 0 ? 1 : Math.min(...positive);
  const largest = positive.length === 0 ? 10 : Math.max(...positive);
  const from = logStepBelow(smallest);
  let to = logStepAbove(largest);
  if (to <= from) to = logStepAbove(from * 1.5);
  const decades = Math.log10(to / from);
  const ticks: Tick[] = [];
  for (let exponent = Math.floor(Math.log10(from)) - 1; exponent <= Math.log10(to) + 1; exponent++) {
    for (const step of LOG_STEPS) {
      const value = Number(`${step}e${exponent}`);
      if (value < from || value > to || ticks.length >= TICKS_MAX) continue;
      ticks.push(step === 1 || decades <= 2.5 ? tickAt(value) : { value, label: "" });
    }
  }
  return scaleOf([from, to], range, ticks, (value) => Math.log10(Math.max(value, from)));
}

/** Like HdrHistogram's plots: each further nine takes the same width. 100 is the maximum, half a nine behind the last one. */
export function percentileScale(percentiles: readonly number[], range: Interval): Scale {
  const below = percentiles.filter((percentile) => percentile < 100);
  const last = Math.max(1, ...below.map(nines));
  const hasMaximum = below.length < percentiles.length;
  const end = Math.min(last, 9) + (hasMaximum ? 0.5 : 0);
  const smallest = Math.max(0, Math.min(50, ...below));
  const ticks = [50, 90, 99, 99.9, 99.99, 99.999, 99.9999, 99.99999]
    .filter((value) => value >= smallest && nines(value) <= last + 1e-9)
    .map((value) => ({ value, label: String(value) }));
  const to = hasMaximum ? 100 : Math.max(90, ...below);
  const ticksAndMaximum = hasMaximum ? [...ticks, { value: 100, label: "max" }] : ticks;
  return scaleOf([smallest, to], range, ticksAndMaximum, (value) =>
    value >= 100 ? end : Math.min(nines(value), end),
  );
}

/** How many nines a percentile has: 90 is 1, 99.9 is 3, 50 is 0.3. */
function nines(percentile: number): number {
  return -Math.log10(1 - Math.min(Math.max(percentile, 0), 99.9999999) / 100);
}

function scaleOf(
  domain: Interval,
  range: Interval,
  ticks: readonly Tick[],
  transform: (value: number) => number,
): Scale {
  assert(domain[0] < domain[1], `a scale needs a domain with a width, not ${domain.join("–")}`);
  const [low, high] = [transform(domain[0]), transform(domain[1])];
  const at = (value: number): number => {
    const share = (transform(clamp(value, ...domain)) - low) / (high - low);
    return range[0] + share * (range[1] - range[0]);
  };
  return { domain, range, ticks, at };
}

function tickAt(value: number): Tick {
  return { value, label: formatTick(value) };
}

function niceStep(rough: number): number {
  const power = Math.floor(Math.log10(rough));
  const factor = [1, 2, 2.5, 5, 10].find((nice) => nice * 10 ** power >= rough * (1 - 1e-9)) ?? 10;
  return factor * 10 ** power;
}

function logStepBelow(value: number): number {
  const exponent = Math.floor(Math.log10(value));
  const steps = [-1, 0, 1].flatMap((more) => LOG_STEPS.map((step) => Number(`${step}e${exponent + more}`)));
  return steps.findLast((step) => step <= value) ?? value;
}

function logStepAbove(value: number): number {
  const exponent = Math.floor(Math.log10(value));
  const steps = [-1, 0, 1].flatMap((more) => LOG_STEPS.map((step) => Number(`${step}e${exponent + more}`)));
  return steps.find((step) => step >= value) ?? value;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
