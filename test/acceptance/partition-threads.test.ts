import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import { type BrokerProcess, startBrokerProcess } from "../support/broker-process.ts";
import { canUse } from "../support/commands.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { WireClient } from "../support/wire-client.ts";

const PARTITIONS = 8;
const SLOW_PARTITION = 3;
/** What every write and sync of the slow partition's segment costs. */
const DELAY_MS = 400;
const BATCHES = 20;

function partitionThreads(broker: BrokerProcess): { tid: number; name: string }[] {
  return readdirSync(`/proc/${broker.pid}/task`)
    .map((tid) => ({
      tid: Number(tid),
      name: readFileSync(`/proc/${broker.pid}/task/${tid}/comm`, "utf8").trim(),
    }))
    .filter(({ name }) => /^partition-\d+$/.test(name));
}

/** Milliseconds that each of a few acknowledged appends took, one after the other. */
async function appendTimes(broker: BrokerProcess, partition: number, batches: number): Promise<number[]> {
  const client = await WireClient.connect(broker.port);
  const times: number[] = [];
  for (let index = 0; index < batches; index++) {
    const records = encodeRecordBatch({ records: [{ value: new Uint8Array(1000), timestamp: Date.now() }] });
    const startedMs = performance.now();
    const response = await client.request(ApiKey.PRODUCE, 9, {
      acks: -1,
      timeoutMs: 60_000,
      topicData: [{ name: "eight", partitionData: [{ index: partition, records }] }],
    });
    expect(response.responses[0]!.partitionResponses[0]!.errorCode).toBe(0);
    times.push(performance.now() - startedMs);
  }
  client.close();
  return times;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

/** Slows every write and sync of one file, whichever thread makes it. */
async function slowDown(broker: BrokerProcess, file: string): Promise<() => Promise<void>> {
  const inject = `inject=pwrite64,fdatasync,fsync:delay_enter=${DELAY_MS * 1000}`;
  const strace = spawn(
    "strace",
    ["-f", "-q", "-o", "/dev/null", "-P", file, "-e", inject, "-p", String(broker.pid)],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const exited = once(strace, "exit");
  await expect
    .poll(() => readFileSync(`/proc/${broker.pid}/status`, "utf8"), { timeout: 10_000 })
    .not.toMatch(/TracerPid:\s+0\n/);
  return async () => {
    strace.kill("SIGINT");
    await exited;
  };
}

describe.skipIf(!canUse("strace"))("partition threads", () => {
  test("8 partitions run on 8 threads, and one with a slow disk does not delay the other seven", async () => {
    const dataDir = join(temporaryDirectory(), "data");
    const broker = await startBrokerProcess({ dataDir });
    try {
      const admin = await WireClient.connect(broker.port);
      const created = await admin.request(ApiKey.CREATE_TOPICS, 5, {
        topics: [
          { name: "eight", numPartitions: PARTITIONS, replicationFactor: 1, assignments: [], configs: [] },
        ],
        timeoutMs: 30_000,
      });
      expect(created.topics[0]!.errorCode).toBe(0);
      admin.close();
      expect(new Set(partitionThreads(broker).map(({ tid }) => tid)).size).toBe(PARTITIONS);

      const segment = join(dataDir, `eight-${SLOW_PARTITION}`, "00000000000000000000.log");
      const restore = await slowDown(broker, segment);
      const slow = appendTimes(broker, SLOW_PARTITION, 4);
      const others = Array.from({ length: PARTITIONS }, (_, partition) => partition).filter(
        (partition) => partition !== SLOW_PARTITION,
      );
      const times = await Promise.all(others.map((partition) => appendTimes(broker, partition, BATCHES)));
      const slowTimes = await slow;
      await restore();
      // A write and a sync are slowed, so each append of the slow partition takes both delays.
      expect(Math.min(...slowTimes)).toBeGreaterThan(2 * DELAY_MS);
      for (const partition of times) expect(median(partition)).toBeLessThan(DELAY_MS / 2);
    } finally {
      await broker.stop();
    }
  });
});
