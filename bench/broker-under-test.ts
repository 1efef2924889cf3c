import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cpuSecondsOf, residentBytesOf } from "./load/process-cpu.ts";

/** A broker in a process of its own, on a fresh data directory below `root`. */
export class BrokerUnderTest implements AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  readonly #stop: () => Promise<void>;

  private constructor(port: number, pid: number, stop: () => Promise<void>) {
    this.port = port;
    this.pid = pid;
    this.#stop = stop;
  }

  static async start(
    root: string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<BrokerUnderTest> {
    const dataDir = mkdtempSync(join(root, "odradek-bench-"));
    const main = new URL("../src/main.ts", import.meta.url).pathname;
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-X", `${name}=${value}`]);
    const child = spawn(
      process.execPath,
      [main, "start", "--data-dir", dataDir, "--listen", "127.0.0.1:0", ...flags],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const exited = once(child, "exit");
    let printed = "";
    const port = await new Promise<number>((resolve, reject) => {
      child.stdout.on("data", (text) => {
        printed += text;
        const match = /127\.0\.0\.1:(\d+)\D/.exec(printed);
        if (match !== null) resolve(Number(match[1]));
      });
      child.once("exit", (code) => reject(new Error(`the broker ended with ${code} before it listened`)));
    });
    return new BrokerUnderTest(port, child.pid!, async () => {
      child.kill("SIGTERM");
      await exited;
      rmSync(dataDir, { recursive: true, force: true });
    });
  }

  cpuSeconds(): number {
    return cpuSecondsOf(this.pid);
  }

  residentBytes(): number {
    return residentBytesOf(this.pid);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stop();
  }
}
