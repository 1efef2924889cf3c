import type { LatencySummary } from "../load/latency-samples.ts";
import type { Metrics } from "../suite/metrics.ts";

/** Nothing when there were no samples. */
export function latencyMetrics(latency: LatencySummary | null): Metrics {
  if (latency === null) return {};
  const { p50, p99, p999, max } = latency;
  return { latencyP50Ms: p50, latencyP99Ms: p99, latencyP999Ms: p999, latencyMaxMs: max };
}

/** What a reader must know when not all samples were kept. */
export function lostRemarks(latency: LatencySummary | null): string[] {
  if (latency === null || latency.lost === 0) return [];
  return [`${latency.lost} latencies had no room and are not in the percentiles`];
}
