import fc from "fast-check";
import { expect, test } from "vitest";
import { checkModel } from "../../bench/model/check.ts";
import { batchesTogether, predict, wakeUpsPerArrival } from "../../bench/model/predict.ts";
import { SCENARIOS, type Scenario } from "../../bench/model/scenarios.ts";
import { experimentOf, modelOf } from "./model-example.ts";

const MICRO = 1e-6;

/** Ingest of 10 kB batches, one a request: 10 µs of the main thread, 20 µs of a partition's, without wake-ups. */
const model = modelOf({
  ingest: {
    main: { requests: 10 * MICRO },
    partition: { batches: 20 * MICRO },
    load: { requests: 30 * MICRO },
  },
  fetch: { main: { requests: 5 * MICRO, bytes: 0.2e-9 }, partition: { requests: 4 * MICRO } },
  idle: { main: { requests: 8 * MICRO } },
});
const ingest = (partitions: number): Scenario => ({
  name: "test",
  partitions,
  ingest: { batchBytes: 10_000, batchesPerRequest: 1, inFlight: 5 },
});

test("two cores run out first, then the one thread of a partition, then the main thread", () => {
  const onTwo = predict(model, ingest(12), { cores: 2 });
  expect(onTwo.bottleneck).toBe("cores");
  expect(onTwo.rate).toBeCloseTo(2 / (30 * MICRO), 0);
  const onePartition = predict(model, ingest(1), { cores: 16 });
  expect(onePartition.bottleneck).toBe("partition threads");
  expect(onePartition.rate).toBeCloseTo(1 / (20 * MICRO), 0);
  const many = predict(model, ingest(12), { cores: 16 });
  expect(many.bottleneck).toBe("main thread");
  expect(many.rate).toBeCloseTo(1 / (10 * MICRO), 0);
  expect(many.bytesInPerSecond).toBeCloseTo(1e9, -3);
});

test("a second main thread doubles what the first one limits, until something else does", () => {
  const one = predict(model, ingest(12), { cores: 16 });
  const two = predict(model, ingest(12), { cores: 16, networkThreads: 2 });
  expect(two.rate / one.rate).toBeCloseTo(2);
  expect(predict(model, ingest(12), { cores: 64, networkThreads: 32 }).bottleneck).toBe("partition threads");
});

test("a disk and a network are parameters", () => {
  const slowDisk = predict(model, ingest(12), { cores: 16, diskBytesPerSecond: 300e6 });
  expect(slowDisk.bottleneck).toBe("disk");
  expect(slowDisk.bytesInPerSecond).toBeCloseTo(300e6, -3);
  const slowNetwork = predict(model, ingest(12), { cores: 16, networkBytesPerSecond: 125e6 });
  expect(slowNetwork.bottleneck).toBe("network");
  const generator = predict(model, ingest(12), { cores: 16, isLoadHere: true });
  expect(generator.bottleneck).toBe("load generator");
});

test("never gets worse with cores, main threads, a faster disk or lower costs", () => {
  const cost = fc.double({ min: 0.1, max: 50, noNaN: true }).map((value) => value * MICRO);
  const cores = fc.integer({ min: 1, max: 64 });
  fc.assert(
    fc.property(
      fc.tuple(cost, cost, cost, cost, cost),
      fc.constantFrom(...SCENARIOS),
      cores,
      cores,
      fc.integer({ min: 1, max: 8 }),
      ([request, wake, batch, woken, poll], scenario, some, more, networkThreads) => {
        const made = (factor: number) =>
          modelOf({
            ingest: {
              main: { requests: request * factor, bytes: 0.3e-9, wakeUps: wake },
              partition: { batches: batch, bytes: 0.5e-9, wakeUps: woken },
            },
            fetch: { main: { requests: request * factor, bytes: 0.2e-9 }, partition: { requests: batch } },
            idle: { main: { requests: poll } },
          });
        const [few, many] = [Math.min(some, more), Math.max(some, more)];
        const base = predict(made(1), scenario, { cores: few, diskBytesPerSecond: 1e9 });
        const close = base.rate * (1 - 1e-9);
        expect(
          predict(made(1), scenario, { cores: many, diskBytesPerSecond: 1e9 }).rate,
        ).toBeGreaterThanOrEqual(close);
        expect(
          predict(made(1), scenario, { cores: few, networkThreads, diskBytesPerSecond: 1e9 }).rate,
        ).toBeGreaterThanOrEqual(close);
        expect(predict(made(1), scenario, { cores: few }).rate).toBeGreaterThanOrEqual(close);
        expect(
          predict(made(0.5), scenario, { cores: few, diskBytesPerSecond: 1e9 }).rate,
        ).toBeGreaterThanOrEqual(close);
        expect(Math.max(...Object.values(base.utilisation))).toBeCloseTo(1, 6);
      },
    ),
    { numRuns: 50 },
  );
});

test("a thread that is never idle is never woken, one that has nothing to do always", () => {
  expect(wakeUpsPerArrival(0, 10 * MICRO, 5 * MICRO)).toBe(1);
  expect(wakeUpsPerArrival(100_000, 10 * MICRO, 5 * MICRO)).toBeCloseTo(0);
  const [rate, plain, wakeUp] = [30_000, 10 * MICRO, 5 * MICRO];
  const w = wakeUpsPerArrival(rate, plain, wakeUp);
  expect(w).toBeCloseTo(1 - rate * (plain + wakeUp * w));
});

test("batches of one chunk reach a partition together, unless they are for different ones", () => {
  expect(batchesTogether(ingest(1))).toBe(5);
  expect(batchesTogether(ingest(12))).toBe(1);
});

test("the check predicts a closed loop that shares the cores with its generator", () => {
  const experiment = {
    ...experimentOf({ name: "one", requests: 80_000, bytes: 8e8, wakeUps: 0, mainSeconds: 2 }),
  };
  const machine = { cpuModel: "any", cores: 2, kernel: "any", runtime: "any" };
  const [check] = checkModel(model, { experiments: [experiment], machine });
  // The generator's one thread is full at 30 µs a request, which is 333 MB/s; 60 µs in all on two cores are the same.
  expect(Math.abs(check!.predictedBytesPerSecond / 333.3e6 - 1)).toBeLessThan(0.02);
  expect(check!.measuredBytesPerSecond / 1e6).toBeCloseTo(400);
  expect(check!.error).toBeCloseTo(-1 / 6, 1);
});
