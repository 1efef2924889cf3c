import { Admin, Producer as PlatformaticProducer, stringSerializers } from "@platformatic/kafka";
import { Kafka, logLevel } from "kafkajs";
import { describe, expect, test } from "vitest";
import { Broker } from "../../src/index.ts";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import { readPartition } from "../support/read-partition.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { WireClient } from "../support/wire-client.ts";

describe("unmodified clients", () => {
  test("kafkajs creates a topic, produces idempotently, and sees its offsets", async () => {
    await using broker = await Broker.start();
    const kafka = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: "orders", numPartitions: 2 }], waitForLeaders: true });
    expect(await admin.listTopics()).toEqual(["orders"]);

    const producer = kafka.producer({ idempotent: true });
    await producer.connect();
    const messages = Array.from({ length: 100 }, (_, i) => ({ value: `order ${i}`, partition: i % 2 }));
    await producer.send({ topic: "orders", messages });
    await producer.disconnect();

    const offsets = await admin.fetchTopicOffsets("orders");
    expect(offsets.map(({ partition, high }) => [partition, high]).sort()).toEqual([
      [0, "50"],
      [1, "50"],
    ]);
    await admin.disconnect();
    const client = await WireClient.connect(broker.port);
    const records = await readPartition(client, "orders", 1);
    expect(records.map(({ value }) => value)).toEqual(
      messages.filter(({ partition }) => partition === 1).map(({ value }) => value),
    );
    client.close();
  });

  test("@platformatic/kafka creates a topic, produces, and describes it", async () => {
    await using broker = await Broker.start();
    const options = { clientId: "test", bootstrapBrokers: [broker.bootstrapServers] };
    const admin = new Admin(options);
    const [created] = await admin.createTopics({ topics: ["events"], partitions: 3, replicas: 1 });
    expect(created).toMatchObject({ name: "events", partitions: 3 });
    const producer = new PlatformaticProducer({
      ...options,
      serializers: stringSerializers,
      idempotent: true,
    });
    const produced = await producer.send({
      messages: Array.from({ length: 30 }, (_, i) => ({
        topic: "events",
        partition: i % 3,
        value: `event ${i}`,
      })),
    });
    expect(produced.offsets).toHaveLength(3);
    await producer.close();
    await admin.close();
    const client = await WireClient.connect(broker.port);
    const records = await readPartition(client, "events", 2);
    expect(records.map(({ value }) => value)).toEqual(
      Array.from({ length: 10 }, (_, i) => `event ${i * 3 + 2}`),
    );
    client.close();
  });

  test("an idempotent producer that resends a batch gets the first offset back, also after a restart", async () => {
    const dataDir = temporaryDirectory();
    const first = await Broker.start({ dataDir, topics: { once: 1 } });
    const before = await WireClient.connect(first.port);
    const { producerId, producerEpoch } = await before.request(ApiKey.INIT_PRODUCER_ID, 4, {
      transactionalId: null,
      transactionTimeoutMs: 60_000,
      producerId: -1,
      producerEpoch: -1,
    });
    const batch = (baseSequence: number): Uint8Array =>
      encodeRecordBatch({
        records: [{ value: new Uint8Array([baseSequence]), timestamp: Date.now() }],
        producerId,
        producerEpoch,
        baseSequence,
      });
    const offsets: number[] = [];
    for (const sequence of [0, 1, 0]) {
      const answer = await before.produce({ topic: "once", batch: batch(sequence) });
      expect(answer.errorCode).toBe(0);
      offsets.push(answer.baseOffset);
    }
    expect(offsets).toEqual([0, 1, 0]);
    before.close();
    await first.stop();

    await using second = await Broker.start({ dataDir });
    const after = await WireClient.connect(second.port);
    // A snapshot remembers the last batch of each producer, as Kafka's does.
    const again = await after.produce({ topic: "once", batch: batch(1) });
    expect([again.errorCode, again.baseOffset]).toEqual([0, 1]);
    expect(await readPartition(after, "once", 0)).toHaveLength(2);
    after.close();
  });
});
