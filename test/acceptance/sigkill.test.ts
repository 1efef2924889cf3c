import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { startBrokerProcess } from "../support/broker-process.ts";
import { IdempotentProducer } from "../support/idempotent-producer.ts";
import { readPartition } from "../support/read-partition.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { WireClient } from "../support/wire-client.ts";

const KILLS = 10;
const PARTITIONS = 3;
const PRODUCERS_PER_PARTITION = 2;
const RECORDS_PER_BATCH = 20;
const TOPIC = "survivors";
const LOAD_MS_MIN = 300;
const LOAD_MS_SPREAD = 900;

/** A small generator of its own, so that the kill times of a run can be told from its seed. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("SIGKILL under load", () => {
  test(`every acknowledged record is there once and in order, ${KILLS} times in a row`, {
    timeout: 600_000,
  }, async () => {
    const dataDir = join(temporaryDirectory(), "data");
    const next = random(20_261_122);
    const producers = Array.from({ length: PARTITIONS * PRODUCERS_PER_PARTITION }, (_, index) => ({
      partition: index % PARTITIONS,
      producer: new IdempotentProducer(TOPIC, index % PARTITIONS, `producer-${index}`, RECORDS_PER_BATCH),
    }));
    let acknowledged = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const broker = await startBrokerProcess({ dataDir });
      if (kill === 0) await createTopic(broker.port);
      const running = producers.map(({ producer }) => producer.run(broker.port, () => false));
      await Bun.sleep(LOAD_MS_MIN + next() * LOAD_MS_SPREAD);
      await broker.kill();
      await Promise.all(running);

      const after = await startBrokerProcess({ dataDir });
      // What the kill left unacknowledged is sent again: it must not come twice.
      await Promise.all(producers.map(({ producer }) => producer.run(after.port, () => true)));
      const client = await WireClient.connect(after.port);
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const records = await readPartition(client, TOPIC, partition);
        const expected = producers.filter((each) => each.partition === partition);
        checkRecords(
          records,
          expected.map(({ producer }) => producer),
        );
      }
      client.close();
      await after.kill();
      const total = producers.reduce((sum, { producer }) => sum + producer.acknowledged.length, 0);
      expect(total).toBeGreaterThan(acknowledged);
      acknowledged = total;
    }
    process.stdout.write(`${KILLS} kills, ${acknowledged} acknowledged records, none lost, none twice\n`);
  });
});

function checkRecords(
  records: readonly { offset: number; value: string }[],
  producers: readonly IdempotentProducer[],
): void {
  records.forEach(({ offset }, index) => {
    if (offset !== index) throw new Error(`offset ${offset} stands where ${index} is due`);
  });
  const byOffset = new Map(records.map(({ offset, value }) => [offset, value]));
  const acknowledged = producers.flatMap((producer) => producer.acknowledged);
  const lost = acknowledged.filter(({ offset, value }) => byOffset.get(offset) !== value);
  expect(lost).toEqual([]);
  // Everything was acknowledged in the end, so the log holds exactly that, each value once.
  expect(new Set(records.map(({ value }) => value)).size).toBe(records.length);
  expect(records.length).toBe(acknowledged.length);
  const lastOf = new Map<string, number>();
  for (const { value } of records) {
    const [name, sequence] = value.split("/") as [string, string];
    if (Number(sequence) !== (lastOf.get(name) ?? -1) + 1) throw new Error(`${value} is out of order`);
    lastOf.set(name, Number(sequence));
  }
}

async function createTopic(port: number): Promise<void> {
  const client = await WireClient.connect(port);
  const created = await client.request(ApiKey.CREATE_TOPICS, 5, {
    topics: [{ name: TOPIC, numPartitions: PARTITIONS, replicationFactor: 1, assignments: [], configs: [] }],
    timeoutMs: 30_000,
  });
  expect(created.topics[0]!.errorCode).toBe(0);
  client.close();
}
