import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import { startBrokerProcess } from "../support/broker-process.ts";
import { readPartition } from "../support/read-partition.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { WireClient } from "../support/wire-client.ts";

const DISK_MB = 24;
const BALLAST_MB = 8;

/** A small file system of our own; false where this user may not mount one. */
function mountSmallDisk(directory: string): boolean {
  mkdirSync(directory);
  const mounted =
    spawnSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_MB}m`, "tmpfs", directory]).status === 0;
  if (mounted) afterAll(() => spawnSync("umount", ["-l", directory]));
  else if (process.env.CI === "true") throw new Error("CI may mount a tmpfs");
  return mounted;
}

const disk = join(temporaryDirectory(), "small-disk");

describe.skipIf(!mountSmallDisk(disk))("a full disk", () => {
  test("refuses produce, serves reads, and takes appends again when space returns", async () => {
    const ballast = join(disk, "ballast");
    writeFileSync(ballast, new Uint8Array(BALLAST_MB * 1024 * 1024));
    const broker = await startBrokerProcess({ dataDir: join(disk, "data") });
    try {
      const client = await WireClient.connect(broker.port);
      const value = new Uint8Array(200_000).fill(1);
      const produce = (): ReturnType<WireClient["produce"]> =>
        client.produce({
          topic: "t",
          batch: encodeRecordBatch({ records: [{ value, timestamp: Date.now() }] }),
          acks: -1,
        });
      await client.request(3, 9, { topics: [{ name: "t" }], allowAutoTopicCreation: true });
      let written = 0;
      let answer = await produce();
      for (; answer.errorCode === ErrorCode.NONE; answer = await produce()) {
        expect(answer.baseOffset).toBe(written++);
      }
      expect(answer.errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
      expect(written).toBeGreaterThan(10);
      expect(await readPartition(client, "t", 0)).toHaveLength(written);
      expect((await produce()).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);

      rmSync(ballast);
      const resumed = await produce();
      expect(resumed).toMatchObject({ errorCode: ErrorCode.NONE, baseOffset: written });
      expect(await readPartition(client, "t", 0)).toHaveLength(written + 1);
      client.close();
    } finally {
      expect(await broker.stop()).toBe(0);
    }
  });
});
