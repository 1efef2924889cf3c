import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where programs that are fetched or built for the suite are kept. */
export function cacheDirectory(): string {
  return process.env.ODRADEK_BENCH_CACHE ?? fileURLToPath(new URL("../../bench-cache", import.meta.url));
}

/** Makes it, invisible to git. */
export function makeCacheDirectory(): void {
  mkdirSync(cacheDirectory(), { recursive: true });
  writeFileSync(join(cacheDirectory(), ".gitignore"), "*\n");
}
