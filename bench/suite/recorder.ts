import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { SystemName } from "../systems/system.ts";
import type { PlannedWorkload } from "./choose.ts";
import type { MetricName, Metrics } from "./metrics.ts";
import type { ControlResult, Results, SampleResult, WorkloadResult } from "./results.ts";
import { spreadOf } from "./statistics.ts";

/** Everything about a run but what it measured. */
export type RunFacts = Omit<Results, "format" | "finishedAt" | "isComplete" | "workloads">;

/** Collects a run's results; each is on disk before the next is measured, so that no end of the run loses any. */
export class Recorder {
  readonly #results: Results;
  readonly #save: (results: Results) => void;
  readonly #wallClock: () => Date;

  constructor(facts: RunFacts, save: (results: Results) => void, wallClock = () => new Date()) {
    this.#results = {
      format: "odradek-bench-1",
      ...facts,
      systems: [...facts.systems],
      finishedAt: facts.startedAt,
      isComplete: false,
      workloads: [],
    };
    this.#save = save;
    this.#wallClock = wallClock;
  }

  get results(): Results {
    return this.#results;
  }

  /** The workload's place in the results; it appears there with its first result. */
  begin({ workload, systems }: PlannedWorkload): WorkloadRecord {
    const settings = systems.flatMap((name) => {
      const own = workload.settings?.[name];
      return own === undefined ? [] : [[name, { ...own }] as const];
    });
    return new WorkloadRecord(
      {
        name: workload.name,
        family: workload.family,
        description: workload.description,
        acknowledged: workload.acknowledged,
        headline: workload.headline,
        settings: Object.fromEntries(settings),
        samples: [],
        controls: [],
        failures: [],
        controlFailures: [],
      },
      (result) => {
        if (!this.#results.workloads.includes(result)) this.#results.workloads.push(result);
        this.#write();
      },
    );
  }

  /** How a system was started the first time; later starts differ in port and folder. */
  systemStarted(name: SystemName, command: string): void {
    const system = this.#results.systems.find((entry) => entry.name === name);
    if (system !== undefined && system.command === "") system.command = command;
  }

  /** Medians of what a workload measured on a system so far, without dropped samples. */
  earlier(workload: string, system: SystemName): Metrics | undefined {
    const samples = this.#results.workloads
      .find(({ name }) => name === workload)
      ?.samples.filter((sample) => sample.system === system && !sample.isDropped);
    if (samples === undefined || samples.length === 0) return undefined;
    const names = new Set(samples.flatMap(({ metrics }) => Object.keys(metrics) as MetricName[]));
    const median = (name: MetricName): number =>
      spreadOf(samples.flatMap(({ metrics }) => metrics[name] ?? [])).median;
    return Object.fromEntries([...names].map((name) => [name, median(name)]));
  }

  finish(isComplete: boolean): Results {
    this.#results.isComplete = isComplete;
    this.#write();
    return this.#results;
  }

  #write(): void {
    this.#results.finishedAt = this.#wallClock().toISOString();
    this.#save(this.#results);
  }
}

/** One workload's results as they come. */
export class WorkloadRecord {
  readonly result: WorkloadResult;
  readonly #changed: (result: WorkloadResult) => void;

  constructor(result: WorkloadResult, changed: (result: WorkloadResult) => void) {
    this.result = result;
    this.#changed = changed;
  }

  addSample(sample: Omit<SampleResult, "order">): void {
    this.result.samples.push({ ...sample, order: this.result.samples.length });
    this.#changed(this.result);
  }

  addControl(control: ControlResult): void {
    this.result.controls.push(control);
    this.#changed(this.result);
  }

  addFailure(system: SystemName, round: number, message: string): void {
    this.result.failures.push({ system, round, message });
    this.#changed(this.result);
  }

  addControlFailure(control: string, round: number, message: string): void {
    (this.result.controlFailures ??= []).push({ control, round, message });
    this.#changed(this.result);
  }
}

/** Writes beside the file and renames: a reader sees the old results or the new ones, never half. */
export function writeResults(path: string, results: Results): void {
  mkdirSync(dirname(path), { recursive: true });
  const beside = `${path}.tmp`;
  writeFileSync(beside, `${JSON.stringify(results, null, 1)}\n`);
  renameSync(beside, path);
}
