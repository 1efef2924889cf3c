import { describe, expect, test } from "vitest";
import { Broker } from "../../src/index.ts";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import { readPartition } from "../support/read-partition.ts";
import { recordingLogger } from "../support/recording-logger.ts";
import { WireClient } from "../support/wire-client.ts";

function batch(valueBytes = 10): Uint8Array {
  return encodeRecordBatch({ records: [{ value: new Uint8Array(valueBytes), timestamp: Date.now() }] });
}

function damaged(): Uint8Array {
  const bytes = batch();
  bytes[bytes.length - 1]! ^= 0xff;
  return bytes;
}

describe("bad input costs its sender only", () => {
  test.each([
    ["a wrong CRC", { topic: "t", batch: damaged() }, ErrorCode.CORRUPT_MESSAGE],
    ["a batch above max.message.bytes", { topic: "t", batch: batch(2_000_000) }, ErrorCode.MESSAGE_TOO_LARGE],
    ["an impossible topic name", { topic: "no/slash", batch: batch() }, ErrorCode.INVALID_TOPIC_EXCEPTION],
    ["an unknown topic", { topic: "missing", batch: batch() }, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    [
      "an unknown partition",
      { topic: "t", partition: 9, batch: batch() },
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ],
    ["acks that do not exist", { topic: "t", batch: batch(), acks: 2 }, ErrorCode.INVALID_REQUIRED_ACKS],
    ["two batches", { topic: "t", batch: Buffer.concat([batch(), batch()]) }, ErrorCode.INVALID_RECORD],
    ["no batch", { topic: "t", batch: null }, ErrorCode.INVALID_RECORD],
  ])("%s is refused with its code, and nothing is written", async (_, produced, code) => {
    await using broker = await Broker.start({
      topics: { t: 1 },
      settings: { "auto.create.topics.enable": "false" },
    });
    const client = await WireClient.connect(broker.port);
    expect((await client.produce(produced)).errorCode).toBe(code);
    expect(await readPartition(client, "t", 0)).toEqual([]);
    expect((await client.produce({ topic: "t", batch: batch() })).baseOffset).toBe(0);
    client.close();
  });

  test("malformed bytes close their connection, are logged once, and nobody else notices", async () => {
    const logger = recordingLogger();
    await using broker = await Broker.start({ topics: { t: 1 }, logger });
    const good = await WireClient.connect(broker.port);
    const hostile = [
      Buffer.from([0xff, 0xff, 0xff, 0xff]), // a negative length
      Buffer.from([0x7f, 0xff, 0xff, 0xff]), // 2 GiB
      Buffer.from([0, 0, 0, 3, 1, 2, 3]), // shorter than a header
      Buffer.from([0, 0, 0, 10, 0, 99, 0, 0, 0, 0, 0, 1, 0, 0]), // an unknown API key
      Buffer.from([0, 0, 0, 10, 0, 3, 0, 120, 0, 0, 0, 1, 0, 0]), // an unknown version
      Buffer.from([0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]), // 2 G topics
    ];
    for (const bytes of hostile) {
      const bad = await WireClient.connect(broker.port);
      bad.sendRaw(bytes);
      await bad.closed;
    }
    const closings = logger.lines.filter(({ event }) => /connection/.test(event));
    expect(closings).toHaveLength(hostile.length);
    expect((await good.produce({ topic: "t", batch: batch() })).errorCode).toBe(ErrorCode.NONE);
    good.close();
  });

  test("an ApiVersions version from the future is answered in version 0 with the versions that are served", async () => {
    await using broker = await Broker.start();
    const client = await WireClient.connect(broker.port);
    const answer = client.exchange(Buffer.from([0, 0, 0, 11, 0, 18, 0, 99, 0, 0, 0, 1, 0xff, 0xff, 0]));
    const bytes = Buffer.from(await answer);
    expect(bytes.readInt16BE(4)).toBe(ErrorCode.UNSUPPORTED_VERSION);
    expect(bytes.readInt32BE(6)).toBe(1);
    expect(bytes.readInt16BE(10)).toBe(ApiKey.API_VERSIONS);
    client.close();
  });
});
