import { readdirSync, readFileSync } from "node:fs";

/** Whether a process runs; a zombie does not. */
export function isAlive(pid: number): boolean {
  if (process.platform === "linux") {
    const entry = processEntry(pid);
    return entry !== null && entry.state !== "Z";
  }
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // no such process
  }
}

/** Processes that this one started, and theirs, by /proc; none elsewhere. */
export function descendantsOf(root: number = process.pid): number[] {
  if (process.platform !== "linux") return [];
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const entry = /^\d+$/.test(name) ? processEntry(Number(name)) : null;
    if (entry === null) continue;
    children.set(entry.parent, [...(children.get(entry.parent) ?? []), Number(name)]);
  }
  const found = [...(children.get(root) ?? [])];
  for (let at = 0; at < found.length; at++) found.push(...(children.get(found[at]!) ?? []));
  return found;
}

/** The last resort on the way out: nothing that the suite started may outlive it. Returns how many there were. */
export function killDescendants(): number {
  const pids = descendantsOf().filter(isAlive);
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {}
  }
  return pids.length;
}

function processEntry(pid: number): { readonly state: string; readonly parent: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in parentheses, may have spaces and parentheses of its own.
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: state!, parent: Number(parent) };
  } catch {
    return null; // it has ended
  }
}
