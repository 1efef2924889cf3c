import { assert } from "../../src/base/assert.ts";
import { runLoadProcess } from "./load-process.ts";
import type { StretchFigures } from "./stretch.ts";

/** What a load process measured, of its measured stretch. */
export interface LoadResult extends StretchFigures {
  /** Of record batches, acknowledged or received. */
  readonly bytes: number;
  /** Batches acknowledged, or fetches answered. */
  readonly operations: number;
  readonly records: number;
}

export interface LoadProcessOptions {
  /** CPU numbers for the process; all when absent. */
  readonly cpus?: readonly number[] | undefined;
  /** Kills the process. */
  readonly signal?: AbortSignal | undefined;
}

export type LoadScript = "produce-load" | "fetch-load" | "paced-load";

/** The options that the parent gave, one JSON argument. */
export function loadOptions<Options>(): Options {
  const [json] = process.argv.slice(2);
  assert(json !== undefined, "a load process gets its options as one JSON argument");
  return JSON.parse(json) as Options;
}

/** Runs a load process to its end. Rejects with what it said if it failed, and when it was killed by the signal. */
export async function runLoad<Result extends LoadResult = LoadResult>(
  script: LoadScript,
  options: object,
  { cpus, signal }: LoadProcessOptions = {},
): Promise<Result> {
  return await runLoadProcess<Result>({ script, options, cpus, signal });
}
