import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { endOffsets } from "../../bench/load/bench-topic.ts";
import {
  consumeWithLibrdkafka,
  findLibrdkafka,
  produceToLibrdkafkaMock,
  produceWithLibrdkafka,
} from "../../bench/load/librdkafka.ts";
import { consumeFromNats, produceToNats } from "../../bench/load/nats-load.ts";
import { consumeFromRedis, produceToRedis } from "../../bench/load/redis-load.ts";
import { SYSTEMS } from "../../bench/systems/index.ts";

/** What is not installed is reported as skipped. */
const { odradek, kafka, nats, redis } = SYSTEMS;
const absent = async (program: { find: typeof findLibrdkafka }): Promise<boolean> =>
  !(await program.find({ install: false })).available;
const isLibrdkafkaAbsent = await absent({ find: findLibrdkafka });
const JVM_MS_MAX = 120_000;

let scratch = "";
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "odradek-systems-"));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

describe.skipIf(await absent(kafka))("kafka", () => {
  test(
    "starts with a small heap, takes a topic, and is started again on the same data",
    async () => {
      const options = { dataDirectory: scratch, settings: { heap: "256m" } };
      {
        await using broker = await kafka.start(options);
        expect(broker.command).toContain("-Xmx256m");
        await broker.createTopic("greetings", 3);
        expect(await endOffsets(broker.port, "greetings", 3)).toEqual([0, 0, 0]);
      }
      await using broker = await kafka.start(options);
      await broker.deleteTopic("greetings");
    },
    JVM_MS_MAX,
  );
});

const NEIGHBOURS = [
  { system: nats, produce: produceToNats, consume: consumeFromNats },
  { system: redis, produce: produceToRedis, consume: consumeFromRedis },
];
for (const { system, produce, consume } of NEIGHBOURS) {
  describe.skipIf(await absent(system))(system.name, () => {
    test("takes messages, gives them back, and keeps its streams over a restart", async () => {
      const load = { topic: "a.b", partitions: 2, messageBytes: 100, inFlight: 64, connections: 2 };
      {
        await using broker = await system.start({ dataDirectory: scratch });
        await broker.createTopic("a.b", 2);
        const options = { ...load, port: broker.port, seconds: 5, bytesMax: 1e6, brokerPid: broker.pid };
        const produced = await produce(options);
        expect(produced.bytes).toBeGreaterThanOrEqual(1e6);
        expect(produced.latency?.p50).toBeGreaterThan(0);
        expect((await consume(options)).records).toBeGreaterThanOrEqual(10_000);
      }
      await using broker = await system.start({ dataDirectory: scratch });
      const options = { ...load, port: broker.port, seconds: 5, bytesMax: 1e6 };
      expect((await consume(options)).bytes).toBeGreaterThanOrEqual(1e6);
      await broker.deleteTopic("a.b");
      await expect(consume(options)).rejects.toThrow(/a.b-[01] is empty|stream not found/);
    });
  });
}

describe.skipIf(isLibrdkafkaAbsent)("librdkafka", () => {
  test("its program writes to Odradek and reads back, and to its own mock broker", async () => {
    await using broker = await odradek.start({
      dataDirectory: scratch,
      settings: { "write.caching": "true" },
    });
    await broker.createTopic("load", 2);
    const { port, pid } = broker;
    const options = { topic: "load", messageBytes: 100, messages: 10_000, acks: 1, isLatencyMeasured: true };
    const produced = await produceWithLibrdkafka({ ...options, port, producers: 2 }, { brokerPid: pid });
    expect(produced.records).toBe(20_000);
    expect(produced.latency?.count).toBe(20_000);
    const read = await consumeWithLibrdkafka({ port, topic: "load", partitions: [0, 1], messages: 20_000 });
    expect(read.records).toBe(20_000);
    expect((await produceToLibrdkafkaMock(options)).records).toBe(10_000);
  });

  test("messages that nobody takes are an error", async () => {
    await using broker = await odradek.start({ dataDirectory: scratch });
    await broker.createTopic("load", 1);
    const options = { port: broker.port, topic: "load", messageBytes: 100, messages: 10, acks: 1 };
    const nowhere = { ...options, partition: 7, properties: { "message.timeout.ms": "1000" } };
    await expect(produceWithLibrdkafka(nowhere)).rejects.toThrow(/rdkafka_performance/);
  });
});
