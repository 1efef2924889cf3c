import { findTool } from "./tools.ts";

/**
 * Words before a command: it dies with this process, however that ends (where `setpriv` is there), and runs on the given
 * CPUs only. Each wrapper replaces itself by the next program, so that the process id stays.
 */
export function wrappers(cpus: readonly number[] | undefined): string[] {
  const setpriv = findTool("setpriv");
  const dying = setpriv === null ? [] : [setpriv, "--pdeathsig", "KILL"];
  if (cpus === undefined || cpus.length === 0) return dying;
  const taskset = findTool("taskset");
  if (taskset === null) throw new Error("pinning needs taskset (package util-linux)");
  return [...dying, taskset, "--cpu-list", cpus.join(",")];
}
