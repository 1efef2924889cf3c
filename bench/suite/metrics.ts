/** What a measurement may state: its unit for people, and which direction is good (null: neither, it describes). */
export const METRICS = {
  megabytesPerSecond: { label: "MB/s", digits: 0, better: "higher" },
  messagesPerSecond: { label: "messages/s", digits: 0, better: "higher" },
  requestsPerSecond: { label: "requests/s", digits: 0, better: "higher" },
  latencyP50Ms: { label: "p50 ms", digits: 2, better: "lower" },
  latencyP99Ms: { label: "p99 ms", digits: 2, better: "lower" },
  latencyP999Ms: { label: "p99.9 ms", digits: 2, better: "lower" },
  /** The producer's p99 before what disturbs it began. */
  latencyBaseP99Ms: { label: "p99 ms undisturbed", digits: 2, better: "lower" },
  latencyMaxMs: { label: "max ms", digits: 1, better: "lower" },
  /** Broker's user and system time for 10^9 bytes of payload taken in or sent out. */
  brokerCpuSecondsPerGigabyte: { label: "broker CPU-s/GB", digits: 2, better: "lower" },
  /** Broker's CPU time by the wall, 1.0 is one core. */
  brokerCores: { label: "broker cores", digits: 2, better: "lower" },
  loadCpuSecondsPerGigabyte: { label: "load CPU-s/GB", digits: 2, better: null },
  residentMegabytes: { label: "RSS MB", digits: 0, better: "lower" },
  residentPeakMegabytes: { label: "peak RSS MB", digits: 0, better: "lower" },
  /** Growth of the broker's RSS for each connection, in KiB. */
  kibibytesPerConnection: { label: "KiB/connection", digits: 1, better: "lower" },
  descriptors: { label: "descriptors", digits: 0, better: "lower" },
  threads: { label: "threads", digits: 0, better: null },
  /** From the start of the process to its first ApiVersions answer. */
  startMs: { label: "start ms", digits: 0, better: "lower" },
  /** From the start of the process until every partition answers, after a clean stop. */
  readyMs: { label: "ready ms", digits: 0, better: "lower" },
  /** The same after a SIGKILL, and until every partition answers. */
  recoveryMs: { label: "recovery ms", digits: 0, better: "lower" },
  /** What an open-loop load asked for; when less was achieved the latencies describe an overload. */
  offeredPerSecond: { label: "offered/s", digits: 0, better: null },
  offeredMegabytesPerSecond: { label: "offered MB/s", digits: 0, better: null },
  /** Latency at the largest data set by that at the smallest, in one sample. */
  sizeRatio: { label: "largest / smallest", digits: 2, better: "lower" },
  /** Bytes of the data set. */
  dataBytes: { label: "data bytes", digits: 0, better: null },
} as const satisfies Record<string, MetricDescription>;

export interface MetricDescription {
  readonly label: string;
  readonly digits: number;
  readonly better: "higher" | "lower" | null;
}

export type MetricName = keyof typeof METRICS;
export type Metrics = Readonly<Partial<Record<MetricName, number>>>;
