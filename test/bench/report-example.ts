import type { Results, SampleResult, WorkloadResult } from "../../bench/suite/results.ts";

/** A run of nothing, to be filled by a test. */
export function exampleResults(overrides: Partial<Results> = {}): Results {
  return {
    format: "odradek-bench-1",
    startedAt: "2026-11-22T14:00:00Z",
    finishedAt: "2026-11-22T14:30:00Z",
    isComplete: true,
    command: "npm run bench -- --rounds 3",
    commit: "0123456789abcdef",
    isDirty: false,
    machine: {
      cpuModel: "Example CPU",
      cores: 2,
      memoryBytes: 24 * 2 ** 30,
      kernel: "6.1.0",
      fileSystem: "ext4",
      operatingSystem: "Debian 12",
      runtime: "Bun 1.4.5",
      isVirtual: true,
    },
    options: { rounds: 3, seconds: 2, warmupSeconds: 1, stealMax: 0.05, pinning: "none" },
    systems: [
      { name: "odradek", version: "0.1.0", command: "bun src/main.ts start" },
      { name: "kafka", version: "4.1.0", command: "java kafka.Kafka" },
    ],
    workloads: [],
    ...overrides,
  };
}

export function exampleWorkload(overrides: Partial<WorkloadResult> = {}): WorkloadResult {
  return {
    name: "ingest-1p/64KiB",
    family: "ingest-1p",
    description: "Four producers.",
    acknowledged: "page cache",
    headline: "megabytesPerSecond",
    settings: {},
    samples: [],
    controls: [],
    failures: [],
    ...overrides,
  };
}

export function exampleSample(overrides: Partial<SampleResult> = {}): SampleResult {
  return {
    system: "odradek",
    round: 1,
    order: 0,
    steal: 0.01,
    isDropped: false,
    metrics: {},
    curves: [],
    remarks: [],
    ...overrides,
  };
}

/** Three rounds: Odradek 200, 300, 100 MB/s, Kafka 100, 100, 200; ratios 2, 3, 0.5; a control at 400, 400, 400. */
export function threeRounds(overrides: Partial<WorkloadResult> = {}): WorkloadResult {
  const figures = [
    [200, 100],
    [300, 100],
    [100, 200],
  ] as const;
  return exampleWorkload({
    samples: figures.flatMap(([own, peer], index) => [
      exampleSample({ round: index + 1, order: 2 * index, metrics: { megabytesPerSecond: own } }),
      exampleSample({
        system: "kafka",
        round: index + 1,
        order: 2 * index + 1,
        metrics: { megabytesPerSecond: peer },
      }),
    ]),
    controls: [1, 2, 3].map((round) => ({
      control: "bare-tcp",
      round,
      blockBytes: 65_536,
      metrics: { megabytesPerSecond: 400 },
    })),
    ...overrides,
  });
}
