import { existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Broker } from "../../src/index.ts";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import { readPartition } from "../support/read-partition.ts";
import { recordingLogger } from "../support/recording-logger.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { WireClient } from "../support/wire-client.ts";

function batch(value: string): Uint8Array {
  return encodeRecordBatch({ records: [{ value: new TextEncoder().encode(value), timestamp: Date.now() }] });
}

async function deleteTopic(client: WireClient, name: string): Promise<number> {
  const response = await client.request(ApiKey.DELETE_TOPICS, 5, { topicNames: [name], timeoutMs: 30_000 });
  return response.responses[0]!.errorCode;
}

async function createTopic(client: WireClient, name: string, partitions = 1): Promise<number> {
  const response = await client.request(ApiKey.CREATE_TOPICS, 5, {
    topics: [{ name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] }],
    timeoutMs: 30_000,
  });
  return response.topics[0]!.errorCode;
}

describe("topics", () => {
  test("a topic that is deleted and created again is empty, and its old files go", async () => {
    const dataDir = temporaryDirectory();
    await using broker = await Broker.start({ dataDir });
    const client = await WireClient.connect(broker.port);
    expect(await createTopic(client, "again", 2)).toBe(ErrorCode.NONE);
    expect((await client.produce({ topic: "again", batch: batch("old") })).errorCode).toBe(ErrorCode.NONE);
    expect(await deleteTopic(client, "again")).toBe(ErrorCode.NONE);
    const refused = await client.produce({ topic: "again", batch: batch("gone") });
    expect(refused.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    expect(await createTopic(client, "again", 2)).toBe(ErrorCode.NONE);
    expect(await readPartition(client, "again", 0)).toEqual([]);
    expect((await client.produce({ topic: "again", batch: batch("new") })).baseOffset).toBe(0);
    await expect.poll(() => readdirSync(dataDir).filter((name) => name.endsWith("-delete"))).toEqual([]);
    client.close();
  });

  test("records, topic ids and settings survive a clean restart", async () => {
    const dataDir = temporaryDirectory();
    const first = await Broker.start({ dataDir, topics: { kept: 3 } });
    const before = await WireClient.connect(first.port);
    for (let partition = 0; partition < 3; partition++) {
      await before.produce({ topic: "kept", partition, batch: batch(`in ${partition}`) });
    }
    const metadata = await before.request(ApiKey.METADATA, 12, { topics: null });
    before.close();
    await first.stop();

    await using second = await Broker.start({ dataDir });
    expect(second.clusterId).toBe(first.clusterId);
    const after = await WireClient.connect(second.port);
    const again = await after.request(ApiKey.METADATA, 12, { topics: null });
    expect(again.topics[0]!.topicId).toBe(metadata.topics[0]!.topicId);
    for (let partition = 0; partition < 3; partition++) {
      const records = await readPartition(after, "kept", partition);
      expect(records.map(({ value }) => value)).toEqual([`in ${partition}`]);
    }
    after.close();
  });

  test("a deletion that a crash interrupted after its record is finished at the next start", async () => {
    const dataDir = temporaryDirectory();
    const first = await Broker.start({ dataDir, topics: { doomed: 1, kept: 1 } });
    await first.stop();
    // As a crash leaves it: renamed, not removed; and a stray directory that no record knows.
    renameSync(join(dataDir, "doomed-0"), join(dataDir, `doomed-0.${"a".repeat(32)}-delete`));
    mkdirSync(join(dataDir, "stranger-0"));
    const logger = recordingLogger();
    await using second = await Broker.start({ dataDir, logger });
    expect(readdirSync(dataDir).filter((name) => name.endsWith("-delete"))).toEqual([]);
    expect(existsSync(join(dataDir, "stranger-0"))).toBe(true);
    expect(logger.events).toContain("stray-directory");
    expect(second.port).toBeGreaterThan(0);
  });

  test("two topics may not differ in '.' and '_' only, and two creations at once make one topic", async () => {
    await using broker = await Broker.start();
    const client = await WireClient.connect(broker.port);
    const codes = await Promise.all([
      createTopic(client, "a.b"),
      createTopic(client, "a.b"),
      createTopic(client, "a.b"),
    ]);
    expect(codes.sort((a, b) => a - b)).toEqual([
      ErrorCode.NONE,
      ErrorCode.TOPIC_ALREADY_EXISTS,
      ErrorCode.TOPIC_ALREADY_EXISTS,
    ]);
    expect(await createTopic(client, "a_b")).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION);
    client.close();
  });

  test("partitions beyond partition.workers.max share threads and work alike", async () => {
    await using broker = await Broker.start({
      topics: { wide: 7 },
      settings: { "partition.workers.max": "2" },
    });
    const client = await WireClient.connect(broker.port);
    const answers = await Promise.all(
      Array.from({ length: 7 }, (_, partition) =>
        client.produce({ topic: "wide", partition, batch: batch(`p${partition}`) }),
      ),
    );
    expect(answers.map(({ errorCode }) => errorCode)).toEqual(new Array(7).fill(ErrorCode.NONE));
    for (let partition = 0; partition < 7; partition++) {
      expect((await readPartition(client, "wide", partition)).map(({ value }) => value)).toEqual([
        `p${partition}`,
      ]);
    }
    client.close();
  });
});
