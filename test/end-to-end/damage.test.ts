import { existsSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Broker } from "../../src/index.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import { readPartition } from "../support/read-partition.ts";
import { recordingLogger } from "../support/recording-logger.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { WireClient } from "../support/wire-client.ts";

const RECORDS = 10;

describe("a partition that has lost synced records", () => {
  test("stays offline over restarts, deletes nothing, and the others do not notice", async () => {
    const dataDir = temporaryDirectory();
    const batch = encodeRecordBatch({ records: [{ value: new Uint8Array(100), timestamp: Date.now() }] });
    const first = await Broker.start({ dataDir, topics: { t: 2 } });
    const before = await WireClient.connect(first.port);
    for (let i = 0; i < RECORDS; i++) {
      await before.produce({ topic: "t", partition: 0, batch });
      await before.produce({ topic: "t", partition: 1, batch });
    }
    before.close();
    await first.stop();
    const segment = join(dataDir, "t-0", "00000000000000000000.log");
    const left = Math.floor(statSync(segment).size / 2);
    truncateSync(segment, left);

    // Every stop in between is orderly: it must not make the damage look like a clean log.
    for (let start = 0; start < 3; start++) {
      const logger = recordingLogger();
      const broker = await Broker.start({ dataDir, logger });
      const client = await WireClient.connect(broker.port);
      expect((await client.fetch({ topic: "t", partition: 0, offset: 0 })).errorCode).toBe(
        ErrorCode.KAFKA_STORAGE_ERROR,
      );
      expect((await client.produce({ topic: "t", partition: 0, batch })).errorCode).toBe(
        ErrorCode.KAFKA_STORAGE_ERROR,
      );
      expect(await readPartition(client, "t", 1)).toHaveLength(RECORDS);
      expect(logger.events).toContain("partition-offline");
      expect(statSync(segment).size).toBe(left);
      client.close();
      await broker.stop();
      expect(existsSync(join(dataDir, ".kafka_cleanshutdown"))).toBe(false);
    }
  });
});
