import { spawnSync } from "node:child_process";

/** Whether a program is on the path. */
export function hasCommand(name: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${name}`], { stdio: "ignore" }).status === 0;
}

/** In CI nothing may be skipped for want of a tool: `.ci/run` installs what the tests need. */
export function canUse(...names: readonly string[]): boolean {
  const missing = names.filter((name) => !hasCommand(name));
  if (missing.length > 0 && process.env.CI === "true") throw new Error(`CI needs ${missing.join(", ")}`);
  return missing.length === 0;
}
