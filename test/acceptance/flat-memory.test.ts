import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { batchOf } from "../../bench/load/batches.ts";
import { createTopic, recordsIn } from "../../bench/load/bench-topic.ts";
import { runLoad } from "../../bench/load/load-options.ts";
import { residentBytesOf } from "../../bench/load/process-cpu.ts";
import { startBrokerProcess } from "../support/broker-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const GB = 1e9;
const TOTAL_BYTES = 10 * GB;
const PARTITIONS = 2;
const BATCH_BYTES = 64 * 1024;
const SAMPLE_INTERVAL_MS = 500;
/** A leak raises the median of a stretch; a single peak is a garbage collection that came late, and has its own bound. */
const GROWTH_BYTES_MAX = 48e6;
const RESIDENT_BYTES_MAX = 512e6;

describe("memory", () => {
  test("stays flat while 10 GB pass through, in and out", { timeout: 900_000 }, async () => {
    const broker = await startBrokerProcess({
      dataDir: join(temporaryDirectory(), "data"),
      settings: {
        "log.segment.bytes": String(128 * 1024 * 1024),
        "log.retention.bytes": String(512 * 1024 * 1024),
        "log.retention.check.interval.ms": "1000",
        "log.segment.delete.delay.ms": "0",
      },
    });
    try {
      await createTopic(broker.port, "flow", PARTITIONS);
      const batch = batchOf(BATCH_BYTES);
      const samples: number[] = [];
      const sampler = setInterval(() => samples.push(residentBytesOf(broker.pid)), SAMPLE_INTERVAL_MS);
      const common = {
        port: broker.port,
        topic: "flow",
        partitions: PARTITIONS,
        seconds: 800,
        bytesMax: TOTAL_BYTES,
      };
      const [produced, consumed] = await Promise.all([
        runLoad("produce-load", {
          ...common,
          batchBytes: BATCH_BYTES,
          acks: -1,
          connections: PARTITIONS,
          inFlight: 5,
        }),
        runLoad("fetch-load", {
          ...common,
          bytesMax: TOTAL_BYTES * 0.95,
          partitionBytesMax: 1 << 20,
          batchBytes: batch.byteLength,
          recordsPerBatch: recordsIn(batch),
          endOffset: 0,
          isTail: true,
        }),
      ]);
      clearInterval(sampler);
      // The first fifth fills arenas, heaps and caches.
      const before = medianOfFifth(samples, 1);
      const after = medianOfFifth(samples, 4);
      const peak = Math.max(...samples);
      process.stdout.write(
        `${(produced.bytes / GB).toFixed(1)} GB in, ${(consumed.bytes / GB).toFixed(1)} GB out in ${produced.seconds.toFixed(0)} s; ` +
          `RSS median ${(before / 1e6).toFixed(0)} MB in the second fifth, ${(after / 1e6).toFixed(0)} MB in the last, peak ${(peak / 1e6).toFixed(0)} MB\n`,
      );
      expect(produced.bytes).toBeGreaterThanOrEqual(TOTAL_BYTES);
      expect(after - before).toBeLessThan(GROWTH_BYTES_MAX);
      expect(peak).toBeLessThan(RESIDENT_BYTES_MAX);
    } finally {
      await broker.stop();
    }
  });
});

function medianOfFifth(samples: readonly number[], fifth: number): number {
  const length = samples.length / 5;
  const stretch = samples
    .slice(Math.floor(fifth * length), Math.ceil((fifth + 1) * length))
    .sort((a, b) => a - b);
  return stretch[stretch.length >> 1]!;
}
