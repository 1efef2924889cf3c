import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { brokerRoleOf } from "./thread-gauge.ts";

/** All of them, and those that tell what a thread does. */
const TOTAL_EVENT = "raw_syscalls:sys_enter";
const NAMED_CALLS = [
  "futex",
  "epoll_pwait2",
  "recvfrom",
  "sendto",
  "sendfile64",
  "pwrite64",
  "preadv2",
  "pread64",
  "read",
  "write",
  "cachestat",
  "fadvise64",
  "fdatasync",
  "sync_file_range",
  "madvise",
];
const ATTACH_MS = 200;

/** Calls of one role's threads: `all`, and by name. */
export type RoleCalls = Record<string, number>;

/**
 * Counts the system calls of a process while `work` runs, by role of its threads. The kernel counts, so the process is hardly
 * slowed. Needs perf and the right to trace; threads that start meanwhile are not seen.
 */
export async function countSystemCalls(
  pid: number,
  work: () => Promise<void>,
): Promise<Record<"main" | "partition" | "rest", RoleCalls>> {
  const events = [TOTAL_EVENT, ...NAMED_CALLS.map((name) => `syscalls:sys_enter_${name}`)].join(",");
  const counter = spawn("perf", ["stat", "-x", ",", "--per-thread", "-e", events, "-p", String(pid)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let text = "";
  counter.stderr.on("data", (chunk) => {
    text += chunk;
  });
  const ended = once(counter, "close");
  ended.catch(() => undefined); // is awaited below
  await sleep(ATTACH_MS);
  try {
    await work();
  } finally {
    counter.kill("SIGINT");
    await ended;
  }
  const counts = parseCounts(text, pid);
  if (counts.main.all === undefined) throw new Error(`perf does not count: ${text.trim().slice(0, 200)}`);
  return counts;
}

/** Lines such as `partition-0-946,9449,,raw_syscalls:sys_enter,…`: a thread's name and id, and its count. */
export function parseCounts(text: string, pid: number): Record<"main" | "partition" | "rest", RoleCalls> {
  const roles: Record<"main" | "partition" | "rest", RoleCalls> = { main: {}, partition: {}, rest: {} };
  for (const line of text.split("\n")) {
    const match = /^\s*(.+)-(\d+),(\d+),,([a-z_]+:sys_enter\w*),/.exec(line);
    if (match === null) continue;
    const [, comm, tid, count, event] = match;
    const calls = roles[brokerRoleOf(Number(tid) === pid, comm!)];
    const name = event === TOTAL_EVENT ? "all" : event!.replace("syscalls:sys_enter_", "");
    calls[name] = (calls[name] ?? 0) + Number(count);
  }
  return roles;
}
