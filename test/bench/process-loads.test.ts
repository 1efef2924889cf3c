import { describe, expect, test } from "vitest";
import { TopicFiller } from "../../bench/load/fill-topic.ts";
import type { FleetLoadOptions, FleetLoadResult } from "../../bench/load/fleet-load.ts";
import { runLoadProcess } from "../../bench/load/load-process.ts";
import { startOffsets, untilAllAnswer, untilAppended } from "../../bench/load/partition-readiness.ts";
import type { SpreadOptions, SpreadResult } from "../../bench/load/spread-load.ts";
import type { TailOptions, TailResult } from "../../bench/load/tail-load.ts";
import { Broker } from "../../src/index.ts";

const READY_MS_MAX = 10_000;
const PARTITIONS = 2;

function startBroker() {
  return Broker.start({ topics: { quiet: PARTITIONS } });
}

describe("the loads about processes, against a small broker", () => {
  test("twenty consumers get every record of the stretch once each", async () => {
    await using broker = await startBroker();
    const options: FleetLoadOptions = {
      port: broker.port,
      brokerPid: process.pid,
      topic: "quiet",
      partitions: PARTITIONS,
      consumers: 20,
      maxWaitMs: 100,
      isQuiet: false,
      warmupSeconds: 0.3,
      seconds: 2,
    };
    const result = await runLoadProcess<FleetLoadResult>({ script: "fleet-load", options });
    expect(result.deliveriesDue).toBeGreaterThanOrEqual(3 * 10);
    expect(result.deliveries).toBe(result.deliveriesDue);
    expect(result.latency!.count).toBe(result.deliveries);
    expect(result.polls).toBeGreaterThan(20);
    expect(result.residentBytesBefore).toBeGreaterThan(0);
  });

  test("an open-loop load reaches a rate that is easy, and a tailing consumer gets what it acknowledged", async () => {
    await using broker = await startBroker();
    const spread: SpreadOptions = {
      port: broker.port,
      brokerPid: process.pid,
      topic: "quiet",
      partitions: PARTITIONS,
      batchBytes: 4096,
      batchesPerSecond: 100,
      connections: 2,
      acks: 1,
      warmupSeconds: 0.5,
      seconds: 1,
      slices: 2,
    };
    const tail: TailOptions = {
      port: broker.port,
      topic: "quiet",
      partitions: PARTITIONS,
      batchBytes: 4096,
      seconds: 3,
    };
    const [result, tailed] = await Promise.all([
      runLoadProcess<SpreadResult>({ script: "spread-load", options: spread }),
      runLoadProcess<TailResult>({ script: "tail-load", options: tail }),
    ]);
    expect(result.unanswered).toBe(0);
    expect(result.latency!.count).toBe(100);
    expect(result.slices).toHaveLength(2);
    const ends = await untilAllAnswer(broker.port, "quiet", PARTITIONS, READY_MS_MAX);
    expect(ends.reduce((sum, end) => sum + end, 0)).toBe(150 * 3);
    expect(tailed.records).toBeGreaterThan(0);
    expect(tailed.records).toBeLessThanOrEqual(150 * 3);
  });

  test("filling counts what was acknowledged, and a record is taken by every partition", async () => {
    await using broker = await startBroker();
    using filler = await TopicFiller.connect(broker.port, "quiet");
    await filler.fill(2e6, new AbortController().signal);
    expect(filler.bytes).toBeGreaterThanOrEqual(2e6);
    await untilAppended(broker.port, "quiet", PARTITIONS, -1, READY_MS_MAX);
    const ends = await untilAllAnswer(broker.port, "quiet", PARTITIONS, READY_MS_MAX);
    expect(ends).toEqual([filler.records + 1, 1]);
    expect(await startOffsets(broker.port, "quiet", PARTITIONS)).toEqual([0, 0]);
  });

  test("a load that cannot run says why", async () => {
    const options = { port: 1, topic: "quiet", partitions: 1, batchBytes: 4096, seconds: 1 };
    await expect(runLoadProcess({ script: "tail-load", options })).rejects.toThrow(/tail-load ended with 1/);
  });
});
