import { spawn } from "node:child_process";
import { once } from "node:events";
import { assert } from "../../src/base/assert.ts";

export interface LoadProcess {
  /** A file of this folder, without its ending. It prints its result as one line of JSON. */
  readonly script: string;
  readonly options: object;
  /** CPU numbers that it may use; all when absent. */
  readonly cpus?: readonly number[] | undefined;
  /** Ends it when aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** Runs a load process to its end. Rejects with what it said if it failed. */
export async function runLoadProcess<Result>({
  script,
  options,
  cpus,
  signal,
}: LoadProcess): Promise<Result> {
  signal?.throwIfAborted();
  const path = new URL(`./${script}.ts`, import.meta.url).pathname;
  const command = [process.execPath, path, JSON.stringify(options)];
  if (cpus !== undefined) command.unshift("taskset", "-c", cpus.join(","));
  const child = spawn(command[0]!, command.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
  const end = (): void => {
    child.kill("SIGKILL");
  };
  signal?.addEventListener("abort", end);
  let out = "";
  let err = "";
  child.stdout.on("data", (text) => {
    out += text;
  });
  child.stderr.on("data", (text) => {
    err += text;
  });
  try {
    const [code] = await once(child, "close");
    signal?.throwIfAborted();
    if (code !== 0) throw new Error(`${script} ended with ${code}: ${err}`);
    return JSON.parse(out) as Result;
  } finally {
    signal?.removeEventListener("abort", end);
  }
}

/** The last thing that a load process does. */
export function reportResult(result: object): void {
  const text = `${JSON.stringify(result)}\n`;
  process.stdout.write(text, (error) => {
    assert(error === null || error === undefined, "the parent reads the result");
    process.exit(0);
  });
}
