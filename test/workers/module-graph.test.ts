import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { expect, test } from "vitest";

/**
 * Every partition thread has a heap of its own, with a copy of each module it loads: what stands here is paid up to
 * `partition.workers.max` times. Codecs, and what deletes or logs with heavy libraries, are loaded when they are needed.
 */
test("a partition thread starts with these packages and no others", () => {
  const source = resolve(import.meta.dirname, "../../src");
  const packages = new Set<string>();
  const seen = new Set<string>();
  const walk = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const name of staticImports(readFileSync(path, "utf8"))) {
      if (name.startsWith(".")) walk(resolve(dirname(path), name));
      else packages.add(name);
    }
  };
  walk(`${source}/workers/partition-worker.ts`);

  expect(seen.size).toBeGreaterThan(50);
  expect([...packages].sort()).toEqual([
    "@node-rs/crc32",
    "bun:ffi",
    "lru-cache",
    "node:fs",
    "node:fs/promises",
    "node:os",
    "node:path",
    "node:worker_threads",
  ]);
});

/** Names in `import … from` and `export … from` that are not types only. */
function staticImports(text: string): string[] {
  const statements = text.matchAll(/^(?:import|export) (?!type )[^;"]*?from "([^"]+)";/gm);
  return [...statements].map(([, name]) => name!);
}
