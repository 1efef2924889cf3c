import { readFileSync } from "node:fs";

/** How many descriptors this process may have, or `null` where the system does not tell. Bun has raised it to the hard limit. */
export function descriptorLimit(): number | null {
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
    return line === null ? null : Number(line[1]);
  } catch {
    return null; // No Linux.
  }
}
