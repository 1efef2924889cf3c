/** The last summary of `ProducerPerformance`: of the steady state when records were sent to warm up, else of all. */
export interface JavaPerfFigures {
  readonly records: number;
  readonly recordsPerSecond: number;
  /** Milliseconds, from `send()` to the acknowledgement. */
  readonly latency: {
    readonly average: number;
    readonly max: number;
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly p999: number;
  };
}

const SUMMARY =
  /^(\d+)(?: steady state)? records sent, ([\d.]+) records\/sec \([\d.]+ MB\/sec\), ([\d.]+) ms avg latency, ([\d.]+) ms max latency, (\d+) ms 50th, (\d+) ms 95th, (\d+) ms 99th, (\d+) ms 99\.9th\.$/gm;

/** Throws when there is no summary, or not all records were acknowledged. */
export function parseJavaPerf(output: string, recordsSent: number): JavaPerfFigures {
  const summary = [...output.matchAll(SUMMARY)].at(-1);
  if (summary === undefined) throw new Error(`kafka-producer-perf-test printed no figures:\n${output}`);
  const [records, recordsPerSecond, average, max, p50, p95, p99, p999] = summary.slice(1).map(Number);
  if (records !== recordsSent)
    throw new Error(`kafka-producer-perf-test had ${records} of ${recordsSent} records acknowledged`);
  return {
    records,
    recordsPerSecond: recordsPerSecond!,
    latency: { average: average!, max: max!, p50: p50!, p95: p95!, p99: p99!, p999: p999! },
  };
}
