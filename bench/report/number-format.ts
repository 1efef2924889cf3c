import { METRICS, type MetricName } from "../suite/metrics.ts";
import type { Spread } from "../suite/statistics.ts";

/** A figure in the metric's own digits, with commas between thousands: `1,044`. */
export function formatMetric(name: MetricName, value: number): string {
  return name === "dataBytes" ? formatBytes(value) : formatFixed(value, METRICS[name].digits);
}

/** `980–1,102`. */
export function formatMetricRange(name: MetricName, { min, max }: Spread): string {
  return `${formatMetric(name, min)}–${formatMetric(name, max)}`;
}

/** About three significant digits and the sign of a factor: `1.85×`, `12.3×`, `0.042×`. */
export function formatRatio(ratio: number): string {
  return `${ratioDigits(ratio)}×`;
}

/** `1.60–2.02`. */
export function formatRatioRange({ min, max }: Spread): string {
  return `${ratioDigits(min)}–${ratioDigits(max)}`;
}

export function formatPercent(share: number, digits = 0): string {
  return `${formatFixed(share * 100, digits)} %`;
}

/** A part of the control's figure: percent of a throughput, a multiple of a latency. */
export function formatShare(name: MetricName, share: number): string {
  return METRICS[name].better === "lower" ? formatRatio(share) : formatPercent(share);
}

/** Powers of 1024 as people say them: `64 KiB`, `24 GiB`; below one KiB bytes. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toFixed(1))} ${units[unit]}`;
}

/** Short enough for an axis: `0.05`, `1,000`, `20k`, `1.5M`. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  for (const [factor, suffix] of [
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    if (size >= factor && size >= 10_000) return `${Number((value / factor).toPrecision(4))}${suffix}`;
  }
  return size >= 1000 ? formatFixed(value, 0) : String(Number(value.toPrecision(4)));
}

export function formatFixed(value: number, digits: number): string {
  const [whole, fraction] = value.toFixed(digits).split(".");
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** `1 round`, `5 rounds`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function ratioDigits(ratio: number): string {
  if (ratio >= 100) return formatFixed(ratio, 0);
  if (ratio >= 10) return ratio.toFixed(1);
  return ratio.toFixed(ratio >= 0.1 || ratio === 0 ? 2 : 3);
}
