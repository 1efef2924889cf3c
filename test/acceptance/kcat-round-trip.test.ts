import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type BrokerProcess, startBrokerProcess } from "../support/broker-process.ts";
import { canUse } from "../support/commands.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const CODECS = ["none", "gzip", "snappy", "lz4", "zstd"];
const LINES_MIN = 200_000;

/** The machine's own package list where there is one, else its dictionary of installed files: real text either way. */
function realText(): Buffer {
  const listed = spawnSync("apt-cache", ["dumpavail"], { maxBuffer: 2 ** 30 });
  // kcat has no way to send an empty line as a message, so the stanzas are joined without their blank lines.
  const lines = listed.stdout
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "");
  expect(lines.length).toBeGreaterThan(LINES_MIN);
  return Buffer.from(`${lines.join("\n")}\n`);
}

function produce(broker: BrokerProcess, topic: string, codec: string, file: string): void {
  const input = openSync(file, "r");
  const { status, stderr } = spawnSync(
    "kcat",
    ["-P", "-b", broker.bootstrap, "-t", topic, "-z", codec, "-X", "acks=all"],
    { stdio: [input, "ignore", "pipe"], timeout: 240_000 },
  );
  closeSync(input);
  expect({ codec, status, stderr: String(stderr) }).toEqual({ codec, status: 0, stderr: "" });
}

function checksumOf(broker: BrokerProcess, topic: string, directory: string): string {
  const file = join(directory, `${topic}.out`);
  const output = openSync(file, "w");
  const { status } = spawnSync(
    "kcat",
    ["-C", "-e", "-q", "-b", broker.bootstrap, "-t", topic, "-o", "beginning"],
    {
      stdio: ["ignore", output, "inherit"],
      timeout: 240_000,
    },
  );
  closeSync(output);
  expect(status).toBe(0);
  return sha256(readFileSync(file));
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

describe.skipIf(!canUse("kcat", "apt-cache"))("kcat", () => {
  test("a real file of more than 200,000 lines comes out as it went in, with every codec, after a restart too", {
    timeout: 900_000,
  }, async () => {
    const directory = temporaryDirectory();
    const text = realText();
    const file = join(directory, "in.txt");
    writeFileSync(file, text);
    const wanted = sha256(text);
    const dataDir = join(directory, "data");
    let broker = await startBrokerProcess({ dataDir });
    try {
      for (const codec of CODECS) produce(broker, `text-${codec}`, codec, file);
      for (const codec of CODECS) expect(checksumOf(broker, `text-${codec}`, directory)).toBe(wanted);
      expect(await broker.stop()).toBe(0);
      broker = await startBrokerProcess({ dataDir });
      for (const codec of CODECS) expect(checksumOf(broker, `text-${codec}`, directory)).toBe(wanted);
    } finally {
      await broker.stop();
    }
  });
});
