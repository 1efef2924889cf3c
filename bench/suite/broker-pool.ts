import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { assert } from "../../src/base/assert.ts";
import type { RunningSystem, StartOptions, System, SystemName } from "../systems/system.ts";
import { isAlive } from "./descendants.ts";
import { type Settings, settingsKeyOf } from "./settings-key.ts";

/** A broker that does not come up takes its timeout each time; a whole run of that would take days. */
const STARTS_MAX = 3;

/** A broker that runs with the settings that were asked for. */
export interface Lease {
  readonly broker: RunningSystem;
  readonly settingsKey: string;
  /** Set by whoever warms it: just started, its caches are cold, and a JVM has compiled nothing. */
  isWarm: boolean;
}

/**
 * The brokers of a run, at most one process for each system. They stay up and warm from one workload to the next, side by
 * side, and are replaced only when a workload needs other settings or when one has died. Owns their data folders.
 */
export class BrokerPool implements AsyncDisposable {
  readonly #systems: ReadonlyMap<SystemName, System>;
  readonly #root: string;
  readonly #cpus: readonly number[] | undefined;
  readonly #brokers = new Map<SystemName, Lease>();
  readonly #startFailures = new Map<string, number>();
  #folders = 0;

  /** Data folders are made below `root`; `cpus` are for every broker, all when undefined. */
  constructor(systems: readonly System[], root: string, cpus: readonly number[] | undefined) {
    this.#systems = new Map(systems.map((system) => [system.name, system]));
    this.#root = root;
    this.#cpus = cpus;
  }

  system(name: SystemName): System {
    const system = this.#systems.get(name);
    assert(system !== undefined, `only systems that were found are planned, not ${name}`);
    return system;
  }

  /** A broker with these settings; rejects with what it printed when it does not come up. */
  async lease(name: SystemName, settings: Settings = {}): Promise<Lease> {
    const settingsKey = settingsKeyOf(settings);
    const running = this.#brokers.get(name);
    if (running !== undefined) {
      if (running.settingsKey === settingsKey && isAlive(running.broker.pid)) return running;
      await this.stop(name);
    }
    const broker = await this.#tryToStart(name, settings, settingsKey);
    const lease: Lease = { broker, settingsKey, isWarm: false };
    this.#brokers.set(name, lease);
    return lease;
  }

  async #tryToStart(name: SystemName, settings: Settings, settingsKey: string): Promise<RunningSystem> {
    const key = `${name} ${settingsKey}`;
    const failures = this.#startFailures.get(key) ?? 0;
    if (failures >= STARTS_MAX)
      throw new Error(`${name} did not start ${failures} times and is not tried again`);
    const dataDirectory = this.newFolder(name);
    try {
      return await this.start(name, { dataDirectory, settings });
    } catch (error) {
      this.#startFailures.set(key, failures + 1);
      rmSync(dataDirectory, { recursive: true, force: true });
      throw error;
    }
  }

  /** One that the pool does not keep: the caller stops it and removes its data. */
  start(name: SystemName, options: StartOptions): Promise<RunningSystem> {
    return this.system(name).start(this.#cpus === undefined ? options : { cpus: this.#cpus, ...options });
  }

  /** An empty folder for a broker's data or for scratch. */
  newFolder(name: string): string {
    const folder = join(this.#root, `${name}-${++this.#folders}`);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** Stops a system's broker, if it has one, and removes its data. */
  async stop(name: SystemName): Promise<void> {
    const running = this.#brokers.get(name);
    if (running === undefined) return;
    this.#brokers.delete(name);
    await running.broker[Symbol.asyncDispose]();
    rmSync(running.broker.dataDirectory, { recursive: true, force: true });
  }

  async stopAll(): Promise<void> {
    await Promise.allSettled([...this.#brokers.keys()].map((name) => this.stop(name)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stopAll();
  }
}
