import { readdirSync, readFileSync } from "node:fs";
import type { Role, RoleUse } from "./model-data.ts";

const TICKS_PER_SECOND = 100;
const NANOSECONDS = 1e9;
/** The parent of the kernel's threads. */
const KTHREADD = "2";

export type BrokerUse = Readonly<Record<Exclude<Role, "load">, RoleUse>>;

interface ThreadFigures extends Omit<RoleUse, "threads"> {
  readonly role: Exclude<Role, "load">;
}

/** Starts looking at a broker's threads and at the kernel's; the returned function tells what they used since. Linux. */
export function startThreadGauge(pid: number): () => BrokerUse {
  const before = readThreads(pid);
  return () => {
    const uses: Record<keyof BrokerUse, RoleUse> = {
      main: { ...NOTHING },
      partition: { ...NOTHING },
      rest: { ...NOTHING },
      kernel: { ...NOTHING },
    };
    for (const [id, now] of readThreads(pid)) {
      const use = uses[now.role];
      const first = before.get(id);
      use.threads++;
      for (const name of COUNTED) use[name] += now[name] - (first?.[name] ?? 0);
    }
    return uses;
  };
}

const COUNTED = [
  "cpuSeconds",
  "systemSeconds",
  "waitSeconds",
  "voluntarySwitches",
  "involuntarySwitches",
] as const;
const NOTHING: RoleUse = {
  cpuSeconds: 0,
  systemSeconds: 0,
  waitSeconds: 0,
  voluntarySwitches: 0,
  involuntarySwitches: 0,
  threads: 0,
};

/** By a name that no two threads share. */
function readThreads(pid: number): Map<string, ThreadFigures> {
  const threads = new Map<string, ThreadFigures>();
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    const figures = readFigures(`/proc/${pid}/task/${tid}`, (comm) =>
      brokerRoleOf(tid === String(pid), comm),
    );
    if (figures !== null) threads.set(tid, figures);
  }
  for (const id of readdirSync("/proc")) {
    if (!/^\d+$/.test(id) || !isKernelThread(id)) continue;
    const figures = readFigures(`/proc/${id}`, () => "kernel");
    if (figures !== null) threads.set(`kernel ${id}`, figures);
  }
  return threads;
}

/** The role of a broker's thread by its name. */
export function brokerRoleOf(isMain: boolean, comm: string): "main" | "partition" | "rest" {
  if (isMain) return "main";
  return comm.startsWith("partition-") ? "partition" : "rest";
}

/** Null: the thread has ended meanwhile. */
function readFigures(folder: string, roleOf: (comm: string) => ThreadFigures["role"]): ThreadFigures | null {
  try {
    const { comm, fields } = statOf(folder);
    const [onCpu, waiting] = readFileSync(`${folder}/schedstat`, "utf8").split(" ").map(Number);
    const status = readFileSync(`${folder}/status`, "utf8");
    return {
      role: roleOf(comm),
      cpuSeconds: onCpu! / NANOSECONDS,
      waitSeconds: waiting! / NANOSECONDS,
      systemSeconds: Number(fields[12]) / TICKS_PER_SECOND,
      voluntarySwitches: Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1]),
      involuntarySwitches: Number(/^nonvoluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1]),
    };
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

function isKernelThread(id: string): boolean {
  try {
    return statOf(`/proc/${id}`).fields[1] === KTHREADD;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

/** The fields behind the name, which may itself have blanks and brackets. */
function statOf(folder: string): { comm: string; fields: string[] } {
  const stat = readFileSync(`${folder}/stat`, "utf8");
  const end = stat.lastIndexOf(")");
  return { comm: stat.slice(stat.indexOf("(") + 1, end), fields: stat.slice(end + 2).split(" ") };
}

function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ESRCH";
}
