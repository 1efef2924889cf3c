import { fileURLToPath } from "node:url";
import type { Metrics } from "./metrics.ts";
import type { Control } from "./workload.ts";

const SCRIPT = fileURLToPath(new URL("../controls/run-control.ts", import.meta.url));
/** What a control may take beyond its seconds: its start, and files to write before and remove after. */
const SECONDS_MORE_MAX = 60;

/**
 * Runs one control in a process of its own, with its files in `scratch`. It is never pinned: those that talk to a second
 * process need both cores. Rejects with what it said when it fails, hangs, or `signal` is aborted.
 */
export async function runControl(
  { name, ...options }: Control,
  seconds: number,
  scratch: string,
  signal: AbortSignal,
): Promise<Metrics> {
  const child = Bun.spawn([process.execPath, SCRIPT, name, JSON.stringify({ seconds, ...options })], {
    env: { ...process.env, TMPDIR: scratch },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: (seconds + SECONDS_MORE_MAX) * 1000,
    killSignal: "SIGKILL",
    signal,
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`control ${name} ended with ${code}: ${err.trim() || "it said nothing"}`);
  return JSON.parse(out) as Metrics;
}
