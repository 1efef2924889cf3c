import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { silentLogger } from "../../src/base/logger.ts";
import { RunningBroker } from "../../src/broker.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const directory = temporaryDirectory();

async function refusal(config: Record<string, string>): Promise<string> {
  const loaded = loadConfig({ overrides: config });
  if (!loaded.ok) throw new Error(loaded.error.map(({ message }) => message).join("; "));
  const started = await RunningBroker.start({ config: loaded.value, logger: silentLogger });
  if (!started.ok) return started.error.message;
  await started.value.stop();
  return "started";
}

test("a data directory that is a file: why, and what to do", async () => {
  const path = join(directory, "file");
  writeFileSync(path, "");
  expect(await refusal({ "log.dirs": path })).toMatch(
    /cannot be created \(EEXIST\): choose a directory with/,
  );
});

test.skipIf(process.getuid?.() === 0)(
  "a data directory that may not be written: why, and what to do",
  async () => {
    const path = join(directory, "closed");
    mkdirSync(path);
    chmodSync(path, 0o500);
    expect(await refusal({ "log.dirs": path })).toMatch(/cannot be locked: EACCES: choose a directory with/);
  },
);

test("an address of another machine: why, and what to do", async () => {
  const config = { "log.dirs": join(directory, "data"), listeners: "PLAINTEXT://192.0.2.1:9092" };
  expect(await refusal(config)).toMatch(
    /^cannot listen on 192\.0\.2\.1:9092 \(.+\): --listen takes an address/,
  );
});
