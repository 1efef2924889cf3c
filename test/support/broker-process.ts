import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { repositoryRoot } from "../house/source-tree.ts";

export interface BrokerProcess {
  readonly pid: number;
  readonly port: number;
  readonly bootstrap: string;
  /** What it printed on stdout, lines. */
  bootLines(): string[];
  /** What it logged. */
  log(): string;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

export interface BrokerProcessOptions {
  readonly dataDir: string;
  /** 0 takes a free one. */
  readonly port?: number;
  /** Settings as for `-X`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Put in front of the command, e.g. `strace …`. */
  readonly prefix?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const START_MS_MAX = 60_000;

/** Starts `odradek start` as its own process, as a user would, and waits for its address. */
export async function startBrokerProcess(options: BrokerProcessOptions): Promise<BrokerProcess> {
  const settings = Object.entries(options.settings ?? {}).flatMap(([name, value]) => [
    "-X",
    `${name}=${value}`,
  ]);
  const command = [
    ...(options.prefix ?? []),
    process.execPath,
    join(repositoryRoot, "src/main.ts"),
    "start",
    "--data-dir",
    options.dataDir,
    "--listen",
    `127.0.0.1:${options.port ?? 0}`,
    ...settings,
  ];
  const child = spawn(command[0]!, command.slice(1), {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const exited = once(child, "exit");
  const port = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no address after ${START_MS_MAX} ms: ${out}${err}`)),
      START_MS_MAX,
    );
    const look = (): void => {
      const match = /127\.0\.0\.1:(\d+)\D/.exec(out);
      if (match === null) return;
      clearTimeout(timer);
      resolve(Number(match[1]));
    };
    child.stdout.on("data", look);
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`the broker exited with ${code}: ${out}${err}`));
    });
  });
  return {
    pid: child.pid!,
    port,
    bootstrap: `127.0.0.1:${port}`,
    bootLines: () => out.trimEnd().split("\n"),
    log: () => err,
    stop: async () => {
      child.kill("SIGTERM");
      const [code] = await exited;
      return code as number;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
