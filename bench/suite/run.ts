import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { CliError, systemErrorReason } from "../../src/cli/cli-error.ts";
import type { CliIo } from "../../src/cli/cli-io.ts";
import type { System, SystemName } from "../systems/system.ts";
import { BrokerPool } from "./broker-pool.ts";
import { chooseWorkloads, type PlannedWorkload } from "./choose.ts";
import { describeCommit, describeMachine, pinsOf } from "./machine.ts";
import type { Surroundings } from "./measure.ts";
import type { Metrics } from "./metrics.ts";
import type { SuiteOptions } from "./options.ts";
import { PageCacheFiller } from "./page-cache-filler.ts";
import { duration, TerminalProgress } from "./progress.ts";
import { Recorder, writeResults } from "./recorder.ts";
import type { Results } from "./results.ts";
import { runPlan } from "./runner.ts";
import { expectedSecondsOfAll } from "./schedule.ts";
import type { Settled } from "./settle.ts";
import type { Control, Workload } from "./workload.ts";

/** What the suite is made of; a test brings fakes. */
export interface Suite extends Pick<Surroundings, "stealMeter" | "signal"> {
  readonly settle: (signal: AbortSignal) => Promise<Settled>;
  readonly workloads: readonly Workload[];
  readonly systems: Readonly<Record<SystemName, System>>;
  readonly htmlReport: (results: Results) => string;
  /** Of the machine's memory. */
  readonly freeBytesNow: () => number;
  readonly runControl: (
    control: Control,
    seconds: number,
    scratch: string,
    signal: AbortSignal,
  ) => Promise<Metrics>;
}

export interface RunOutcome {
  readonly results: Results;
  /** The folder with `results.json` and `report.html`. */
  readonly out: string;
}

/** Memory, not a disk: what is written there is never synced. */
const MEMORY_FILE_SYSTEMS = new Set(["tmpfs", "ramfs"]);

/**
 * Runs what was chosen and leaves `results.json` and `report.html`, however it ends. Rejects with a `CliError` when it
 * cannot begin. Brokers and data are gone when it settles.
 */
export async function runSuite(
  options: SuiteOptions,
  words: readonly string[],
  io: CliIo,
  suite: Suite,
): Promise<RunOutcome> {
  const plan = chooseWorkloads(suite.workloads, options);
  const pins = pinsOf(options.pinning);
  const found = await findSystems(plan, options, suite, io);
  const startedAt = new Date().toISOString();
  const out = resolve(options.out ?? join("bench-results", startedAt.slice(0, 19).replaceAll(":", "-")));
  makeFolder(out);
  const dataRoot = makeDataRoot(options.data ?? out);
  const removeData = (): void => rmSync(dataRoot, { recursive: true, force: true, maxRetries: 5 });
  process.once("exit", removeData); // for those who press Ctrl-C twice
  try {
    const facts = {
      startedAt,
      command: ["npm run bench --", ...words].join(" "),
      ...describeCommit(),
      machine: describeMachine(dataRoot),
      options: describeOptions(options),
      systems: found.map(({ system, version }) => ({ name: system.name, version, command: "" })),
    };
    const recorder = new Recorder(facts, (results) => writeResults(join(out, "results.json"), results));
    announce(io, recorder.results, plan, options);
    await using pool = new BrokerPool(
      found.map(({ system }) => system),
      dataRoot,
      pins.brokerCpus,
    );
    await using filler = await PageCacheFiller.create(dataRoot, suite.freeBytesNow);
    const settle: Surroundings["settle"] = async (signal, memory) => {
      const settled = await suite.settle(signal);
      if (memory === "full") await filler.fill(signal);
      else await filler.release();
      return settled;
    };
    const progress = new TerminalProgress(io.stderr, expectedSecondsOfAll(plan, options));
    try {
      await runPlan(plan, {
        ...{ pool, recorder, progress, options, loadCpus: pins.loadCpus },
        ...{ stealMeter: suite.stealMeter, settle, signal: suite.signal },
        runControl: (control, seconds, signal) => suite.runControl(control, seconds, dataRoot, signal),
      });
      return { results: recorder.finish(!suite.signal.aborted), out };
    } finally {
      progress.end();
      writeFileSync(join(out, "report.html"), suite.htmlReport(recorder.results));
    }
  } finally {
    process.off("exit", removeData);
    removeData();
  }
}

interface FoundSystem {
  readonly system: System;
  readonly version: string;
}

/** Odradek and the peers that the plan needs. A peer that was asked for and is not there is an error, now and not later. */
async function findSystems(
  plan: readonly PlannedWorkload[],
  { peers, mayInstall }: SuiteOptions,
  suite: Suite,
  io: CliIo,
): Promise<FoundSystem[]> {
  const found: FoundSystem[] = [];
  for (const name of ["odradek", ...peers] as const) {
    if (!plan.some(({ systems }) => systems.includes(name))) {
      io.stderr.write(`bench: none of the chosen workloads runs on ${name}\n`);
      continue;
    }
    const system = suite.systems[name];
    const availability = await system.find({ install: mayInstall });
    if (!availability.available) throw new CliError(`${name} cannot be measured: ${availability.reason}`);
    found.push({ system, version: availability.version });
  }
  return found;
}

/** Those that figures depend on. */
function describeOptions(options: SuiteOptions): Results["options"] {
  const { rounds, roundsDefault, seconds, warmupSeconds, peerWarmupSeconds, stealMax, pinning } = options;
  return { rounds: rounds ?? roundsDefault, seconds, warmupSeconds, peerWarmupSeconds, stealMax, pinning };
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new CliError(`${folder} cannot be made: ${systemErrorReason(error)}; choose another folder`);
  }
}

function makeDataRoot(parent: string): string {
  makeFolder(parent);
  return mkdtempSync(join(resolve(parent), "data-"));
}

function announce(
  io: CliIo,
  { machine, systems, options }: Results,
  plan: readonly PlannedWorkload[],
  timing: SuiteOptions,
): void {
  const memory = `${(machine.memoryBytes / 2 ** 30).toFixed(0)} GiB`;
  const virtual = machine.isVirtual ? ", virtual" : "";
  const names = systems.map(({ name, version }) => `${name} ${version}`).join(", ");
  const time = duration(expectedSecondsOfAll(plan, timing));
  const lines = [
    `${machine.cpuModel}, ${machine.cores} cores, ${memory}, ${machine.fileSystem}${virtual}`,
    `${plan.length} workload${plan.length === 1 ? "" : "s"} on ${names}; ${options.rounds} rounds of ${options.seconds} s, about ${time}`,
  ];
  if (MEMORY_FILE_SYSTEMS.has(machine.fileSystem))
    lines.push(`warning: ${machine.fileSystem} is memory, not a disk; choose a folder on a disk with --data`);
  io.stderr.write(`${lines.join("\n")}\n`);
}
