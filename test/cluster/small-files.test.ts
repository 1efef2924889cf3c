import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLogger } from "../../src/base/logger.ts";
import {
  CLEAN_SHUTDOWN_MARKER,
  takeCleanShutdownMarker,
  writeCleanShutdownMarker,
} from "../../src/cluster/clean-shutdown-marker.ts";
import { META_PROPERTIES, openMetaProperties } from "../../src/cluster/meta-properties.ts";
import {
  checkpointKey,
  OffsetCheckpoint,
  parseOffsetCheckpoint,
  readOffsetCheckpoint,
  writeOffsetCheckpoint,
} from "../../src/cluster/offset-checkpoints.ts";
import { METADATA_JOURNAL, openEmbeddedMetadataStore } from "../../src/cluster/open-metadata-store.ts";
import { MemoryDisk, PowerLoss } from "./memory-disk.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "odradek-cluster-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

const read = (name: string) => readFile(join(directory, name), "utf8");
const write = (name: string, text: string) => writeFile(join(directory, name), text);

describe("meta.properties", () => {
  test("is written once, in Kafka's format, and read back the same", async () => {
    const first = await openMetaProperties(directory, 7);
    expect(first).toMatchObject({ ok: true, value: { nodeId: 7 } });
    const text = await read(META_PROPERTIES);
    expect(text).toMatch(/^#.*\ncluster\.id=[\w-]{22}\ndirectory\.id=[\w-]{22}\nnode\.id=7\nversion=1\n$/);
    expect(await openMetaProperties(directory, 7)).toEqual(first);
    expect(await readdir(directory)).toEqual([META_PROPERTIES]);
  });

  test("written by Kafka is understood", async () => {
    await write(META_PROPERTIES, "#\n#Tue Nov 22 14:49:00 UTC 2022\ncluster.id=abc\nversion=1\nnode.id=1\n");
    expect(await openMetaProperties(directory, 1)).toEqual({
      ok: true,
      value: { clusterId: "abc", nodeId: 1, directoryId: "" },
    });
  });

  test.each([
    ["version=2\n", "newer-version", "was written by a newer version (2; this one knows 1)"],
    ["cluster.id=a\nnode.id=2\nversion=1\n", "foreign-directory", "belongs to node 2, not 1: set node.id=2"],
    ["cluster.id=a\nversion=1\n", "damaged", "is not complete"],
    ["cluster.id=a\nbroker.id=1\nversion=0\n", "damaged", "is not complete"],
    ["", "damaged", "is not complete"],
  ])("%j is refused", async (text, kind, message) => {
    await write(META_PROPERTIES, text);
    const result = await openMetaProperties(directory, 1);
    expect(result).toMatchObject({ ok: false, error: { kind } });
    expect(!result.ok && result.error.message).toContain(message);
    expect(await read(META_PROPERTIES)).toBe(text);
  });

  test("that is lost beside a journal is not made up anew", async () => {
    await write(METADATA_JOURNAL, "");
    expect(await openMetaProperties(directory, 1)).toMatchObject({ ok: false, error: { kind: "damaged" } });
    expect(await readdir(directory)).toEqual([METADATA_JOURNAL]);
  });
});

describe("the clean-shutdown marker", () => {
  test("is there once after a clean end", async () => {
    expect(await takeCleanShutdownMarker(directory)).toBe(false);
    await writeCleanShutdownMarker(directory);
    expect(await readdir(directory)).toEqual([CLEAN_SHUTDOWN_MARKER]);
    expect(await takeCleanShutdownMarker(directory)).toBe(true);
    expect(await takeCleanShutdownMarker(directory)).toBe(false);
  });

  test("is gone durably before a start goes on", async () => {
    const disk = new MemoryDisk();
    await writeCleanShutdownMarker("/data", disk);
    await takeCleanShutdownMarker("/data", disk);
    expect(disk.afterPowerLoss("none").names()).toEqual([]);
  });
});

describe("offset checkpoints", () => {
  const offsets = [
    { topic: "orders", partition: 0, offset: 1234 },
    { topic: "a-1", partition: 10, offset: 9_007_199_254_740_991 },
  ];

  test("are written in Kafka's format and read back", async () => {
    await writeOffsetCheckpoint(directory, OffsetCheckpoint.RECOVERY_POINT, offsets);
    expect(await read(OffsetCheckpoint.RECOVERY_POINT)).toBe(
      "0\n2\norders 0 1234\na-1 10 9007199254740991\n",
    );
    const found = await readOffsetCheckpoint(directory, OffsetCheckpoint.RECOVERY_POINT);
    expect(found.ok && found.value.get(checkpointKey("orders", 0))).toBe(1234);
    expect(found.ok && found.value.get(checkpointKey("a-1", 10))).toBe(9_007_199_254_740_991);
    expect(await readdir(directory)).toEqual([OffsetCheckpoint.RECOVERY_POINT]);
  });

  test("that are not there are empty", async () => {
    const found = await readOffsetCheckpoint(directory, OffsetCheckpoint.LOG_START);
    expect(found).toEqual({ ok: true, value: new Map() });
  });

  test.each([
    ["0\n2\na 0 1\n", "instead of 2"],
    ["0\n1\na 0 x\n", "topic partition offset"],
    ["0\n1\na 0 -1\n", "topic partition offset"],
    ["0\n1\na 0 9007199254740993\n", "topic partition offset"],
    ["0\n2\na 0 1\na 0 2\n", "partition a-0 is there twice"],
    ["0\n1\na 0 1", "cut short"],
  ])("%j is damaged", async (text, message) => {
    const parsed = parseOffsetCheckpoint(text);
    expect(!parsed.ok && parsed.error).toContain(message);
    await write(OffsetCheckpoint.REPLICATION, text);
    const found = await readOffsetCheckpoint(directory, OffsetCheckpoint.REPLICATION);
    expect(!found.ok && found.error).toContain(`${OffsetCheckpoint.REPLICATION} is damaged`);
  });

  test("are the old or the new one after a power loss at any call", async () => {
    for (let callsLeft = 0; ; callsLeft++) {
      const disk = new MemoryDisk();
      const checkpoint = OffsetCheckpoint.RECOVERY_POINT;
      await writeOffsetCheckpoint("/data", checkpoint, [{ topic: "t", partition: 0, offset: 1 }], disk);
      let calls = 0;
      disk.onCall = () => {
        if (calls++ >= callsLeft) throw new PowerLoss();
      };
      const written = await writeOffsetCheckpoint(
        "/data",
        checkpoint,
        [{ topic: "t", partition: 0, offset: 2 }],
        disk,
      ).then(
        () => true,
        () => false,
      );
      for (const survival of ["none", "half", "all"] as const) {
        const found = await readOffsetCheckpoint("/data", checkpoint, disk.afterPowerLoss(survival));
        const offset = found.ok ? found.value.get("t-0") : undefined;
        expect(written ? [2] : [1, 2]).toContain(offset);
      }
      if (written) return;
    }
  });
});

test("the embedded store works on a real disk, across restarts", async () => {
  const options = { clusterId: "c", topicsMax: 10, logger: silentLogger };
  const topic = { name: "a", topicId: "A".repeat(22), partitionCount: 1, config: {}, createdMs: 1 };
  const first = await openEmbeddedMetadataStore(directory, options);
  if (!first.ok) throw new Error(first.error.message);
  expect(await first.value.createTopic(topic)).toMatchObject({ ok: true });
  await first.value.close();
  const second = await openEmbeddedMetadataStore(directory, options);
  if (!second.ok) throw new Error(second.error.message);
  expect([...second.value.topics()]).toEqual([topic]);
  await second.value.close();
});
