#!/usr/bin/env node
// Runs src/main.ts with the Bun that came as a dependency, so that `npx odradek` needs no Bun on the machine. Signals
// go to Bun, and its exit code or signal becomes this process's own.
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { constants as osConstants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withRuntimeSettings } from "./runtime-settings.mjs";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

if (process.versions.bun) await import(main);
else runWith(findBun());

function runWith(bun) {
  if (bun === null) {
    console.error(
      "odradek: the bun package has no binary for this system: run `npm rebuild bun`, or `npm install` without --omit=optional",
    );
    process.exit(1);
  }
  const child = spawn(bun, [main, ...process.argv.slice(2)], {
    stdio: "inherit",
    env: withRuntimeSettings(process.env),
  });
  // Bun may have the signal already, when it went to the whole process group: `start` takes the two for one.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"])
    process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    console.error(`odradek: ${bun} cannot be run: ${error.message}`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + osConstants.signals[signal];
  });
}

/** The binary of the `bun` package, or of its package for this system where the install script did not run. */
function findBun() {
  const require = createRequire(import.meta.url);
  for (const candidate of candidates(require)) {
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {}
  }
  return null;
}

function* candidates(require) {
  const name = process.platform === "win32" ? "bun.exe" : "bun";
  const cpu = process.arch === "arm64" ? "aarch64" : process.arch;
  const system = process.platform === "win32" ? "windows" : process.platform;
  for (const [packageName, binary] of [
    ["bun", "bun.exe"],
    ["bun", name],
    [`@oven/bun-${system}-${cpu}`, name],
    [`@oven/bun-${system}-${cpu}-musl`, name],
  ]) {
    try {
      yield join(dirname(require.resolve(`${packageName}/package.json`)), "bin", binary);
    } catch {}
  }
}
