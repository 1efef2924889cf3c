import { afterAll, beforeAll, expect, test } from "vitest";
import { batchOf } from "../../bench/load/batches.ts";
import { recordsIn } from "../../bench/load/bench-topic.ts";
import { runLoad } from "../../bench/load/load-options.ts";
import { type NullServer, serveNull } from "../../bench/load/null-server.ts";
import type { PacedOptions, PacedResult } from "../../bench/load/paced-load.ts";

const BATCH_BYTES = 16 * 1024;
const batch = batchOf(BATCH_BYTES);
const recordsPerBatch = recordsIn(batch);

let server: NullServer;
beforeAll(() => {
  server = serveNull();
});
afterAll(() => server.stop());

const produce = () => ({
  port: server.port,
  topic: "any",
  partitions: 3,
  batchBytes: BATCH_BYTES,
  acks: 1,
  connections: 2,
  inFlight: 5,
});

test("the closed loop counts whole batches of the measured stretch alone, and ends when it has enough", async () => {
  const bytesMax = 200 * batch.byteLength;
  const options = { ...produce(), warmupSeconds: 0.1, seconds: 10, bytesMax, brokerPid: process.pid };
  const result = await runLoad("produce-load", options);
  expect(result.operations).toBeGreaterThanOrEqual(200);
  expect(result.operations).toBeLessThan(300);
  expect(result.bytes).toBe(result.operations * batch.byteLength);
  expect(result.records).toBe(result.operations * recordsPerBatch);
  expect(result.seconds).toBeLessThan(10);
  expect(result.brokerCpuSeconds).toBeGreaterThanOrEqual(0);
});

test("the open loop keeps its timetable and has an answer to every batch", async () => {
  const options: PacedOptions = { ...produce(), batchesPerSecond: 400, warmupSeconds: 0.2, seconds: 0.5 };
  const result = await runLoad<PacedResult>("paced-load", options);
  expect(result.unanswered).toBe(0);
  expect(Math.abs(result.operations - 200)).toBeLessThan(100);
  expect(result.p50).toBeGreaterThan(0);
  expect(result.p99).toBeGreaterThanOrEqual(result.p50);
  expect(result.max).toBeGreaterThanOrEqual(result.p999);
  expect(result.curve.at(-1)).toEqual([100, result.max]);
});

test("a consumer counts bytes of whole batches", async () => {
  const fetched = batchOf(64 * 1024);
  const result = await runLoad("fetch-load", {
    port: server.port,
    topic: "any",
    partitions: 2,
    partitionBytesMax: 1 << 20,
    batchBytes: fetched.byteLength,
    recordsPerBatch: recordsIn(fetched),
    endOffset: 2 ** 40,
    isOnce: true,
    seconds: 0.3,
  });
  expect(result.operations).toBeGreaterThan(0);
  expect(result.bytes % fetched.byteLength).toBe(0);
  expect(result.records).toBe((result.bytes / fetched.byteLength) * recordsIn(fetched));
});

test("a load process ends when it is told to, and tells when its broker is not there", async () => {
  const stop = new AbortController();
  const endless = runLoad("produce-load", { ...produce(), seconds: 600 }, { signal: stop.signal });
  setTimeout(() => stop.abort(), 100);
  await expect(endless).rejects.toThrow(/abort/i);
  await expect(runLoad("produce-load", { ...produce(), port: 1, seconds: 1 })).rejects.toThrow(
    /ended with 1/,
  );
});
