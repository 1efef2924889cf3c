import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { resolve } from "node:path";
import { CliError } from "../../src/cli/cli-error.ts";
import type { Results } from "./results.ts";

export type Machine = Results["machine"];

/** What figures depend on. `dataFolder` names the file system that is measured; it must exist. */
export function describeMachine(dataFolder: string): Machine {
  const processors = cpus();
  return {
    cpuModel: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryBytes: totalmem(),
    kernel: `${type()} ${release()}`,
    fileSystem: fileSystemOf(dataFolder, textOf("/proc/self/mountinfo")),
    operatingSystem: /^PRETTY_NAME="?([^"\n]*)/m.exec(textOf("/etc/os-release"))?.[1] ?? type(),
    runtime: `Bun ${process.versions.bun ?? "?"}`,
    isVirtual: /^flags\s*:.*\bhypervisor\b/m.test(textOf("/proc/cpuinfo")),
  };
}

/** Type of the file system that a folder is on: the deepest mount point above it, the last one mounted there. */
export function fileSystemOf(folder: string, mountinfo: string): string {
  const path = resolve(folder);
  let best = { point: "", fileSystem: "unknown" };
  for (const line of mountinfo.split("\n")) {
    const [mount, source] = line.split(" - ");
    const point = mount?.split(" ")[4]?.replace(/\\040/g, " ");
    const fileSystem = source?.split(" ")[0];
    if (point === undefined || fileSystem === undefined) continue;
    const isAbove = path === point || path.startsWith(point.endsWith("/") ? point : `${point}/`);
    if (isAbove && point.length >= best.point.length) best = { point, fileSystem };
  }
  return best.fileSystem;
}

/** The commit that is measured, and whether files differ from it. */
export function describeCommit(): { readonly commit: string; readonly isDirty: boolean } {
  const git = (...words: string[]): string =>
    execFileSync("git", ["--no-optional-locks", ...words], {
      cwd: import.meta.dirname,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  try {
    return { commit: git("rev-parse", "HEAD"), isDirty: git("status", "--porcelain") !== "" };
  } catch {
    return { commit: "unknown", isDirty: false }; // a package without its repository, or no git
  }
}

export interface Pins {
  readonly brokerCpus?: readonly number[];
  readonly loadCpus?: readonly number[];
}

/** CPU numbers for brokers and load. Throws what is missing when they cannot be pinned. */
export function pinsOf(pinning: Results["options"]["pinning"]): Pins {
  if (pinning === "none") return {};
  if (cpus().length < 2)
    throw new CliError("--pin separate needs two cores and there is one; use --pin none");
  if (Bun.which("taskset") === null)
    throw new CliError("--pin separate needs taskset, which is not installed (util-linux); use --pin none");
  return { brokerCpus: [0], loadCpus: [1] };
}

/** Empty where there is no such file: not Linux. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
