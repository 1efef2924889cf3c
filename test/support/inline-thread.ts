import type { Clock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import type { Files } from "../../src/io/files.ts";
import type { WorkerBoot } from "../../src/io/partition-messages.ts";
import type { PartitionThread } from "../../src/router/partition-threads.ts";
import { Duty } from "../../src/workers/duty.ts";

/**
 * A partition thread's work on the test's own thread, turn by turn as the test says; syncs are free. The files must be real:
 * the router closes what a thread leaves open.
 */
export class InlineThread implements PartitionThread {
  duty: Duty | null = null;
  /** Lets the thread die. */
  exit: (reason: string) => void = () => undefined;
  #boot: WorkerBoot | null = null;
  readonly #files: Files;
  readonly #clock: Clock;

  constructor(files: Files, clock: Clock) {
    this.#files = files;
    this.#clock = clock;
  }

  post(boot: WorkerBoot): void {
    const jobs = {
      syncFile: async () => null,
      syncFileNow: () => null,
      syncDirectory: async () => null,
      readThrough: async () => null,
    };
    this.#boot = boot;
    this.duty = new Duty(boot, this.#files, this.#clock, jobs, silentLogger);
  }

  onNotice(): void {}

  onExit(listener: (reason: string) => void): void {
    this.exit = listener;
  }

  /** Pins on all files. */
  get pinCount(): number {
    let pins = 0;
    const words = new Int32Array(this.#boot!.pins);
    for (let word = 1; word < words.length; word += 2) pins += words[word]!;
    return pins;
  }

  /** Takes turns until there has been nothing to do for a while. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < SETTLED_TURNS; turn++) {
      this.duty!.turn();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  /** Takes turns until the promise is settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = promise.finally(() => {
      isSettled = true;
    });
    for (let turn = 0; !isSettled && turn < TURNS_MAX; turn++) {
      this.duty!.turn();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return settled;
  }
}

const SETTLED_TURNS = 6;
const TURNS_MAX = 1_000;
