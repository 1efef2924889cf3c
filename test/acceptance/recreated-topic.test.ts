import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import { startBrokerProcess } from "../support/broker-process.ts";
import { readPartition } from "../support/read-partition.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { WireClient } from "../support/wire-client.ts";

describe("a topic that is deleted and created again", () => {
  test("opens after a SIGKILL, although the old one had a higher recovery point in the checkpoint", async () => {
    const dataDir = join(temporaryDirectory(), "data");
    const settings = { "log.flush.offset.checkpoint.interval.ms": "3600000" };
    const create = (client: WireClient) =>
      client.request(ApiKey.CREATE_TOPICS, 5, {
        topics: [{ name: "again", numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
        timeoutMs: 30_000,
      });
    const batch = encodeRecordBatch({ records: [{ value: new Uint8Array([1]), timestamp: Date.now() }] });

    const first = await startBrokerProcess({ dataDir, settings });
    const before = await WireClient.connect(first.port);
    await create(before);
    for (let i = 0; i < 10; i++) await before.produce({ topic: "again", batch });
    before.close();
    await first.stop();
    const checkpoint = join(dataDir, "recovery-point-offset-checkpoint");
    expect(existsSync(checkpoint) && readFileSync(checkpoint, "utf8")).toContain("again 0 10");

    const second = await startBrokerProcess({ dataDir, settings });
    const between = await WireClient.connect(second.port);
    await between.request(ApiKey.DELETE_TOPICS, 5, { topicNames: ["again"], timeoutMs: 30_000 });
    expect((await create(between)).topics[0]!.errorCode).toBe(ErrorCode.NONE);
    expect((await between.produce({ topic: "again", batch })).baseOffset).toBe(0);
    between.close();
    await second.kill();

    const third = await startBrokerProcess({ dataDir, settings });
    const after = await WireClient.connect(third.port);
    expect(await readPartition(after, "again", 0)).toHaveLength(1);
    after.close();
    await third.stop();
  });
});
