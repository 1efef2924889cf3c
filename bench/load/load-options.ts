import { spawn } from "node:child_process";
import { once } from "node:events";
import { assert } from "../../src/base/assert.ts";

/** What a load process measured. */
export interface LoadResult {
  /** Of record batches, acknowledged or received. */
  readonly bytes: number;
  /** Batches acknowledged, or fetches answered. */
  readonly operations: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** The options that the parent gave, one JSON argument. */
export function loadOptions<Options>(): Options {
  const [json] = process.argv.slice(2);
  assert(json !== undefined, "a load process gets its options as one JSON argument");
  return JSON.parse(json) as Options;
}

export function reportLoad(result: LoadResult): never {
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exit(0);
}

/** Runs a load process to its end. Rejects with what it said if it failed. */
export async function runLoad(script: "produce-load" | "fetch-load", options: object): Promise<LoadResult> {
  const path = new URL(`./${script}.ts`, import.meta.url).pathname;
  const child = spawn(process.execPath, [path, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (text) => {
    out += text;
  });
  child.stderr.on("data", (text) => {
    err += text;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${err}`);
  return JSON.parse(out) as LoadResult;
}
