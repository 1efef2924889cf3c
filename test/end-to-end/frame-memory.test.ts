import { describe, expect, test } from "vitest";
import { Broker } from "../../src/index.ts";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import { readPartition } from "../support/read-partition.ts";
import { WireClient } from "../support/wire-client.ts";

const CONNECTIONS = 4;
const REQUESTS = 24;
const PRODUCE_VERSION = 9;
const SIZES = [20, 5000, 15_000, 60_000, 100_000, 400_000];

describe("memory of requests that is used again", () => {
  test("pipelined batches of all sizes are stored as sent, also when they wait for room in the arena", async () => {
    await using broker = await Broker.start({
      topics: { t: CONNECTIONS },
      settings: { "partition.arena.bytes": "1048576", "message.max.bytes": "500000" },
    });
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async (_, partition) => {
        const client = await WireClient.connect(broker.port);
        const answers = Array.from({ length: REQUESTS }, (_, index) =>
          client.request(ApiKey.PRODUCE, PRODUCE_VERSION, {
            acks: -1,
            timeoutMs: 30_000,
            topicData: [
              { name: "t", partitionData: [{ index: partition, records: batch(partition, index) }] },
              // Refused, and so never copied: it must not keep or lose what the other batch needs.
              { name: "missing", partitionData: [{ index: 0, records: batch(partition, index) }] },
            ],
          }),
        );
        for (const [index, { responses }] of (await Promise.all(answers)).entries()) {
          const [stored, refused] = responses.map((topic) => topic.partitionResponses[0]!);
          expect(stored).toMatchObject({ errorCode: ErrorCode.NONE, baseOffset: index });
          expect(refused!.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
        }
        client.close();
      }),
    );
    const reader = await WireClient.connect(broker.port);
    for (let partition = 0; partition < CONNECTIONS; partition++) {
      const records = await readPartition(reader, "t", partition);
      expect(records.length).toBe(REQUESTS);
      for (const { offset, value } of records) expect(value === text(partition, offset)).toBe(true);
    }
    reader.close();
  }, 30_000);
});

function batch(partition: number, index: number): Uint8Array {
  return encodeRecordBatch({
    records: [{ value: new TextEncoder().encode(text(partition, index)), timestamp: Date.now() }],
  });
}

/** Different in every place of every batch. */
function text(partition: number, index: number): string {
  const length = SIZES[(partition + index) % SIZES.length]!;
  return `partition ${partition}, batch ${index}; `.repeat(Math.ceil(length / 20)).slice(0, length);
}
