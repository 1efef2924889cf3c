import { runLoad } from "../load/load-options.ts";
import { startNullServer } from "../load/null-server.ts";
import type { PacedOptions, PacedResult } from "../load/paced-load.ts";
import type { Metrics } from "../suite/metrics.ts";
import type { Curve, MeasureContext } from "../suite/workload.ts";
import { metricsOf, SAMPLE_BYTES_MAX, WARMUP_BYTES_MAX } from "./kafka-load.ts";
import { OFFERED, offeredBatchBytes } from "./offered-load.ts";

/** Less than this share of the offered load is an overload: the latencies then tell of a queue that only grows. */
const REACHED_SHARE_MIN = 0.98;
/** Of what the generator adds by itself; more is said beside the sample. */
const SENT_LATE_P99_MS_MAX = 2;

/** Runs the open loop on the context's topic, within the limits of a sample. */
export async function runPaced(
  context: MeasureContext,
  {
    batchesPerSecond,
    acks,
    warmupSeconds,
  }: Pick<PacedOptions, "batchesPerSecond" | "acks" | "warmupSeconds">,
): Promise<PacedResult> {
  const { broker, topic, loadCpus: cpus, signal } = context;
  const bytesPerSecond = batchesPerSecond * offeredBatchBytes();
  const options: PacedOptions = {
    ...OFFERED,
    port: broker.port,
    topic,
    acks,
    batchesPerSecond,
    warmupSeconds: Math.min(warmupSeconds, WARMUP_BYTES_MAX / bytesPerSecond),
    seconds: Math.min(context.seconds, SAMPLE_BYTES_MAX / bytesPerSecond),
    brokerPid: broker.pid,
  };
  return await runLoad<PacedResult>("paced-load", options, { cpus, signal });
}

/** Rates for which the generator alone was measured in this run. */
const measuredAlone = new Set<number>();
const ALONE_SECONDS = 1.5;
const ALONE_WARMUP_SECONDS = 0.5;

/** What the generator adds by itself: the same open loop against a server that does nothing. Once for each rate. */
export async function generatorRemark(
  { loadCpus: cpus, signal }: MeasureContext,
  batchesPerSecond: number,
): Promise<readonly string[]> {
  const rate = Math.round(batchesPerSecond);
  if (measuredAlone.has(rate)) return [];
  await using server = await startNullServer();
  const options: PacedOptions = {
    ...OFFERED,
    port: server.port,
    topic: "null",
    acks: 1,
    batchesPerSecond,
    warmupSeconds: ALONE_WARMUP_SECONDS,
    seconds: ALONE_SECONDS,
  };
  const { p50, p99, p999 } = await runLoad<PacedResult>("paced-load", options, { cpus, signal });
  measuredAlone.add(rate);
  const [half, most, nearlyAll] = [p50, p99, p999].map((ms) => ms.toFixed(2));
  return [
    `the generator alone, at this rate against the null server: p50 ${half}, p99 ${most}, p99.9 ${nearlyAll} ms`,
  ];
}

export function pacedMetrics(result: PacedResult, context: MeasureContext): Metrics {
  return {
    ...metricsOf(result, context),
    latencyP50Ms: result.p50,
    latencyP99Ms: result.p99,
    latencyP999Ms: result.p999,
    latencyMaxMs: result.max,
    offeredPerSecond: result.offeredPerSecond,
    offeredMegabytesPerSecond: result.offeredBytesPerSecond / 1e6,
  };
}

export function pacedCurve(name: string, result: PacedResult): Curve {
  return {
    name,
    xLabel: "percentile",
    yLabel: "ms from the intended send",
    xScale: "percentile",
    yScale: "log",
    points: result.curve.filter(([, ms]) => ms > 0),
  };
}

/** What a reader must know about an open loop that did not go as it was meant to. */
export function pacedRemarks(result: PacedResult): string[] {
  const remarks: string[] = [];
  const reached = result.operations / result.seconds / result.offeredPerSecond;
  if (reached < REACHED_SHARE_MIN)
    remarks.push(`only ${(reached * 100).toFixed(1)} % of the offered load was reached: an overload`);
  if (result.unanswered > 0)
    remarks.push(`${result.unanswered} batches had no answer when the waiting ended, and count as that long`);
  if (result.sentLateP99 > SENT_LATE_P99_MS_MAX)
    remarks.push(
      `batches left up to ${result.sentLateP99.toFixed(1)} ms late (p99), which is in their latency`,
    );
  return remarks;
}
