import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { cpuSecondsOf, residentBytesOf } from "../load/process-cpu.ts";
import { wrappers } from "./process-wrappers.ts";

/** What is kept of what a process printed, for the message when it fails. */
const OUTPUT_CHARACTERS_MAX = 8192;
const STOP_MS_MAX = 20_000;
/** Written to `clear_refs`, it sets the peak of the resident memory to what is resident now. Linux. */
const RESET_PEAK = "5";

/** Ended when the suite ends without having stopped them. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * A broker's process, in a session of its own so that Ctrl-C reaches only the suite. It dies with the suite, however
 * that ends (where `setpriv` is there).
 */
export class ServerProcess {
  readonly pid: number;
  /** `performance.now()` just before it was started. */
  readonly startedMs: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #output = "";

  private constructor(child: ChildProcess, startedMs: number) {
    this.#child = child;
    this.pid = child.pid!;
    this.startedMs = startedMs;
    this.#ended = once(child, "exit").finally(() => running.delete(child));
    running.add(child);
    const keep = (text: Buffer): void => {
      this.#output = (this.#output + text.toString()).slice(-OUTPUT_CHARACTERS_MAX);
    };
    child.stdout!.on("data", keep);
    child.stderr!.on("data", keep);
  }

  /** Rejects when the program is not there. */
  static async spawn(
    command: readonly string[],
    cpus?: readonly number[],
    env: NodeJS.ProcessEnv = process.env,
  ): Promise<ServerProcess> {
    const [program, ...args] = [...wrappers(cpus), ...command];
    const startedMs = performance.now();
    const child = spawn(program!, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, env });
    if (child.pid === undefined) {
      const [error] = (await once(child, "error")) as [Error];
      throw new Error(`${program} does not start: ${error.message}`);
    }
    return new ServerProcess(child, startedMs);
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** The end of what it printed. */
  get output(): string {
    return this.#output;
  }

  /** SIGTERM, and SIGKILL when that does not end it in time. */
  async stop(): Promise<void> {
    if (this.hasEnded) return;
    this.#child.kill("SIGTERM");
    const timeout = new AbortController();
    const inTime = await Promise.race([
      this.#ended.then(() => true),
      sleep(STOP_MS_MAX, false, { signal: timeout.signal }).catch(() => false),
    ]);
    timeout.abort();
    if (!inTime) await this.kill();
  }

  async kill(): Promise<void> {
    if (this.hasEnded) return;
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  cpuSeconds(): number {
    return cpuSecondsOf(this.pid);
  }

  residentBytes(): number {
    return residentBytesOf(this.pid);
  }

  residentPeakBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  }

  resetPeak(): void {
    writeFileSync(`/proc/${this.pid}/clear_refs`, RESET_PEAK);
  }

  descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  threads(): number {
    return readdirSync(`/proc/${this.pid}/task`).length;
  }
}

/** Whether this machine shows processes as Linux does; the gauges need it. */
export function hasProcessFiles(): boolean {
  return existsSync("/proc/self/status");
}
