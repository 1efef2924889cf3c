import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import { startBrokerProcess } from "../support/broker-process.ts";
import { canUse } from "../support/commands.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { WireClient } from "../support/wire-client.ts";

const BATCHES = 64;
const READING_CALLS = /^(read|pread64|preadv|preadv2|readv|mmap|copy_file_range|splice)\(/;

describe.skipIf(!canUse("strace"))("fetch", () => {
  test("the payload leaves by sendfile, and the main thread reads no byte of a segment", async () => {
    const directory = temporaryDirectory();
    const dataDir = join(directory, "data");
    const trace = join(directory, "main-thread.strace");
    const broker = await startBrokerProcess({ dataDir });
    try {
      const client = await WireClient.connect(broker.port);
      await client.request(ApiKey.CREATE_TOPICS, 5, {
        topics: [{ name: "traced", numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
        timeoutMs: 30_000,
      });
      const records = encodeRecordBatch({
        records: [{ value: new Uint8Array(500_000).fill(7), timestamp: Date.now() }],
      });
      for (let index = 0; index < BATCHES; index++) {
        await client.request(ApiKey.PRODUCE, 9, {
          acks: -1,
          timeoutMs: 30_000,
          topicData: [{ name: "traced", partitionData: [{ index: 0, records }] }],
        });
      }
      // Only the main thread: no -f. -y names the file behind each descriptor.
      const strace = spawn("strace", ["-q", "-y", "-o", trace, "-p", String(broker.pid)], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      const exited = once(strace, "exit");
      await expect
        .poll(() => readFileSync(`/proc/${broker.pid}/status`, "utf8"), { timeout: 10_000 })
        .not.toMatch(/TracerPid:\s+0\n/);

      let fetched = 0;
      for (let offset = 0; offset < BATCHES; ) {
        const response = await client.request(ApiKey.FETCH, 11, {
          maxWaitMs: 500,
          minBytes: 1,
          maxBytes: 50_000_000,
          topics: [
            {
              topic: "traced",
              partitions: [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 8_000_000 }],
            },
          ],
          forgottenTopicsData: [],
        });
        const partition = response.responses[0]!.partitions[0]!;
        expect(partition.errorCode).toBe(0);
        const bytes = partition.records!.byteLength;
        fetched += bytes;
        const whole = Math.floor(bytes / records.byteLength);
        expect(whole).toBeGreaterThan(0);
        offset += whole;
      }
      strace.kill("SIGINT");
      await exited;
      client.close();

      const calls = readFileSync(trace, "utf8").split("\n");
      const sent = calls
        .filter((call) => call.startsWith("sendfile(") && call.includes(".log>"))
        .map((call) => Number(/= (-?\d+)/.exec(call)?.[1] ?? 0))
        .filter((bytes) => bytes > 0)
        .reduce((sum, bytes) => sum + bytes, 0);
      expect(fetched).toBeGreaterThanOrEqual(BATCHES * records.byteLength);
      expect(sent).toBeGreaterThanOrEqual(fetched);
      const reads = calls.filter((call) => READING_CALLS.test(call) && call.includes(".log>"));
      expect(reads).toEqual([]);
    } finally {
      await broker.stop();
    }
  });
});
