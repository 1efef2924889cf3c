import { cpuSecondsOf } from "../load/process-cpu.ts";
import { wrappers } from "./process-wrappers.ts";

const RUN_MS_MAX = 15 * 60_000;
const MESSAGE_CHARACTERS_MAX = 4000;

export interface ToolRun {
  /** CPU numbers for the program; all when absent. */
  readonly cpus?: readonly number[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Its CPU time while the program runs is reported. */
  readonly brokerPid?: number | undefined;
}

/** What a program printed on standard output, and CPU seconds from its start to its end. */
export interface ToolOutcome {
  readonly output: string;
  readonly cpuSeconds: number;
  readonly brokerCpuSeconds?: number;
}

/** Runs a load program that is not ours to its end. Rejects with what it printed when it failed. */
export async function runMeasuredTool(
  command: readonly string[],
  { cpus, signal, brokerPid }: ToolRun = {},
): Promise<ToolOutcome> {
  signal?.throwIfAborted();
  const brokerBefore = brokerPid === undefined ? 0 : cpuSecondsOf(brokerPid);
  const child = Bun.spawn([...wrappers(cpus), ...command], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: RUN_MS_MAX,
    killSignal: "SIGKILL",
    ...(signal === undefined ? {} : { signal }),
  });
  const [output, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  signal?.throwIfAborted();
  if (code !== 0) {
    const said = `${errors}\n${output}`.trim().slice(-MESSAGE_CHARACTERS_MAX);
    throw new Error(`${command[0]} ended with ${child.signalCode ?? code}: ${said}`);
  }
  const cpuSeconds = Number(child.resourceUsage()?.cpuTime.total ?? 0n) / 1e6;
  if (brokerPid === undefined) return { output, cpuSeconds };
  return { output, cpuSeconds, brokerCpuSeconds: cpuSecondsOf(brokerPid) - brokerBefore };
}
