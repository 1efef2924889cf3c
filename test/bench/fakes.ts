import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { runBench } from "../../bench/suite/command.ts";
import type { Results, SampleResult, WorkloadResult } from "../../bench/suite/results.ts";
import type { Suite } from "../../bench/suite/run.ts";
import type { MeasureContext, Sample, Workload } from "../../bench/suite/workload.ts";
import type { RunningSystem, StartOptions, System, SystemName } from "../../bench/systems/system.ts";
import { keptIo } from "../cli/cli-harness.ts";

/** What happened in a run, in order: `start kafka {}`, `measure odradek`, `delete odradek`, `control bare-tcp`, … */
export type Events = string[];

/** A system without a process: its pid is the test's own, until it dies. */
export class FakeSystem implements System {
  readonly isKafka = true;
  readonly name: SystemName;
  readonly events: Events;
  /** Pids of the brokers to come; the test's own when there are none left. */
  readonly pids: number[] = [];
  startFailure: string | null = null;
  missing: string | null = null;
  running = 0;

  constructor(name: SystemName, events: Events) {
    this.name = name;
    this.events = events;
  }

  async find() {
    if (this.missing !== null) return { available: false, reason: this.missing } as const;
    return { available: true, version: "1.0" } as const;
  }

  async start({ dataDirectory, settings = {} }: StartOptions): Promise<RunningSystem> {
    if (this.startFailure !== null) throw new Error(this.startFailure);
    this.events.push(`start ${this.name} ${JSON.stringify(settings)}`);
    this.running++;
    mkdirSync(dataDirectory, { recursive: true });
    const stop = async (): Promise<void> => {
      this.events.push(`stop ${this.name}`);
      this.running--;
    };
    return {
      ...{ system: this, version: "1.0", port: 1, dataDirectory, command: `run ${this.name}`, startMs: 1 },
      pid: this.pids.shift() ?? process.pid,
      createTopic: async () => undefined,
      deleteTopic: async () => void this.events.push(`delete ${this.name}`),
      ...{
        cpuSeconds: () => 0,
        residentBytes: () => 0,
        residentPeakBytes: () => 0,
        resetPeak: () => undefined,
      },
      ...{ descriptors: () => 0, threads: () => 0, kill: stop, [Symbol.asyncDispose]: stop },
    };
  }
}

export function loadWorkload(
  name: string,
  measure: (context: MeasureContext) => Promise<Sample> | Sample,
  more: Partial<Workload> = {},
): Workload {
  return {
    ...{ kind: "load", name, family: name.split("/")[0]!, description: name, acknowledged: "disk" },
    ...{ systems: ["odradek", "kafka"], isShort: true, headline: "megabytesPerSecond" },
    ...more,
    measure: async (context: MeasureContext) => await measure(context),
  } as Workload;
}

/** A suite without processes, waits or clocks. */
export class FakeSuite {
  readonly events: Events = [];
  readonly interruption = new AbortController();
  readonly systems: Readonly<Record<"odradek" | "kafka" | "nats" | "redis", FakeSystem>> = {
    odradek: new FakeSystem("odradek", this.events),
    kafka: new FakeSystem("kafka", this.events),
    nats: new FakeSystem("nats", this.events),
    redis: new FakeSystem("redis", this.events),
  };
  /** Steal of the measurements to come; none when the list has ended. */
  readonly steals: number[] = [];
  readonly folder = mkdtempSync(join(tmpdir(), "odradek-suite-"));
  dirtyBytes = 0;

  constructor() {
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** Runs a command line; the report goes to a folder of the test's own. */
  async run(workloads: readonly Workload[], ...words: string[]) {
    const out = join(this.folder, "out");
    const { io, stdout, stderr } = keptIo();
    const code = await runBench(["--out", out, ...words], io, this.#suite(workloads));
    const path = join(out, "results.json");
    const results: Results | null = existsSync(path) ? await Bun.file(path).json() : null;
    return { code, stdout: stdout.text, stderr: stderr.text, results, path, out };
  }

  #suite(workloads: readonly Workload[]): Suite {
    return {
      workloads,
      systems: this.systems,
      freeBytesNow: () => 0,
      htmlReport: ({ isComplete }) => `<html>complete: ${isComplete}</html>`,
      runControl: async ({ name }) => {
        this.events.push(`control ${name}`);
        return { megabytesPerSecond: 2000 };
      },
      stealMeter: () => () => this.steals.shift() ?? 0,
      settle: async () => ({ dirtyBytes: this.dirtyBytes, waitedMs: 0, isUnsettled: this.dirtyBytes > 30e6 }),
      signal: this.interruption.signal,
    };
  }
}

/** Results as a run would have left them: one value of the headline for each round. */
export function resultsOf(
  values: Readonly<Record<string, readonly number[]>>,
  more: Partial<Results> = {},
): Results {
  const sample = (value: number, round: number): SampleResult => ({
    ...{ system: "odradek", round, order: round, steal: 0, isDropped: false, curves: [], remarks: [] },
    metrics: { megabytesPerSecond: value, latencyP99Ms: 1000 / value },
  });
  const workloads = Object.entries(values).map(
    ([name, list]): WorkloadResult => ({
      ...{
        name,
        family: "ingest",
        description: name,
        acknowledged: "page cache",
        settings: {},
        failures: [],
      },
      headline: "megabytesPerSecond",
      samples: list.map(sample),
      controls: list.map((_, round) => ({
        ...{ control: "bare-tcp", round, blockBytes: 1, metrics: { megabytesPerSecond: 1000 } },
      })),
    }),
  );
  return {
    ...{ format: "odradek-bench-1", startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:01:00Z" },
    ...{ isComplete: true, command: "npm run bench --", commit: "0123456789abcdef", isDirty: false },
    machine: {
      ...{ cpuModel: "Model T", cores: 2, memoryBytes: 8e9, kernel: "Linux 6", fileSystem: "ext4" },
      ...{ operatingSystem: "Debian", runtime: "Bun", isVirtual: true },
    },
    options: { rounds: 5, seconds: 3, warmupSeconds: 2, stealMax: 0.05, pinning: "none" },
    systems: [{ name: "odradek", version: "1.0", command: "run odradek" }],
    workloads,
    ...more,
  };
}
