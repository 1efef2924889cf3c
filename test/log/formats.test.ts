import { describe, expect, test } from "vitest";
import type { Offset } from "../../src/base/units.ts";
import { offsetFileName, parseOffsetFileName } from "../../src/log/file-names.ts";
import { formatLeaderEpochs, parseLeaderEpochs } from "../../src/log/leader-epoch-file.ts";
import { LeaderEpochs } from "../../src/log/leader-epochs.ts";
import { OffsetIndex } from "../../src/log/offset-index.ts";
import { formatPartitionMetadata, parsePartitionMetadata } from "../../src/log/partition-metadata.ts";
import { ProducerEntry } from "../../src/log/producer-entry.ts";
import { decodeProducerSnapshot, encodeProducerSnapshot } from "../../src/log/producer-snapshot.ts";
import { ProducerStates } from "../../src/log/producer-states.ts";
import { TimeIndex } from "../../src/log/time-index.ts";
import { crc32c } from "../../src/protocol/crc32c.ts";
import { recordBatch } from "../../src/protocol/record-batch.ts";
import {
  append,
  batchOf,
  DIRECTORY,
  emptyDisk,
  environmentOn,
  opening,
  openLog,
  sync,
  TOPIC_ID,
} from "./log-harness.ts";

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));
const text = (content: Uint8Array) => new TextDecoder().decode(content);

describe("Kafka's formats byte for byte", () => {
  test(".index: relative offset and position, int32 each", () => {
    const index = new OffsetIndex();
    index.append(7, 4200);
    index.append(0x01020304, 0x7fffffff);
    expect(index.table.fileBytes()).toEqual(bytes("00000007 00001068  01020304 7fffffff"));
    const read = new OffsetIndex(bytes("00000007 00001068  01020304 7fffffff"));
    expect([read.count, read.relativeOffset(1), read.position(1)]).toEqual([2, 0x01020304, 0x7fffffff]);
  });

  test(".timeindex: timestamp int64, relative offset int32", () => {
    const index = new TimeIndex();
    index.append(1_700_000_000_000, 7);
    expect(index.table.fileBytes()).toEqual(bytes("0000018bcfe56800 00000007"));
    expect(new TimeIndex(bytes("0000018bcfe56800 00000007")).timestampMs(0)).toBe(1_700_000_000_000);
  });

  test(".snapshot: version, checksum of the rest, count, 46 bytes a producer", () => {
    const producers = new ProducerStates(10);
    producers.replay(0x1122334455, 3, 5, 9, 100, 104, 1_700_000_000_000, 0);
    const marked = new ProducerEntry(8, 1, 0);
    marked.coordinatorEpoch = 6;
    marked.currentTxnFirstOffset = 90;
    producers.load(marked);
    const rest = bytes(`
      00000002
      0000001122334455 0003 00000009 0000000000000068 00000004 0000018bcfe56800 ffffffff ffffffffffffffff
      0000000000000008 0001 ffffffff ffffffffffffffff 00000000 ffffffffffffffff 00000006 000000000000005a`);
    const expected = new Uint8Array([0, 1, 0, 0, 0, 0, ...rest]);
    new DataView(expected.buffer).setUint32(2, crc32c(rest, 0, rest.length));
    expect(encodeProducerSnapshot(producers)).toEqual(expected);

    const decoded = decodeProducerSnapshot(expected, 0);
    if (!decoded.ok) throw new Error(decoded.error);
    const [first, second] = decoded.value;
    expect(first).toMatchObject({
      producerId: 0x1122334455,
      producerEpoch: 3,
      lastSequence: 9,
      lastOffset: 104,
    });
    expect(first!.find(5, 9)).toBeGreaterThanOrEqual(0);
    expect(second).toMatchObject({
      coordinatorEpoch: 6,
      currentTxnFirstOffset: 90,
      lastSequence: -1,
      lastOffset: -1,
    });
  });

  test("a snapshot that was cut, changed at any byte, or is of another version is not believed", () => {
    const producers = new ProducerStates(10);
    producers.replay(1, 0, 0, 0, 0, 0, 5, 0);
    const whole = encodeProducerSnapshot(producers);
    expect(decodeProducerSnapshot(whole, 0).ok).toBe(true);
    for (let at = 0; at < whole.length; at++) {
      expect(decodeProducerSnapshot(whole.subarray(0, at), 0).ok).toBe(false);
      const changed = whole.slice();
      changed[at]! ^= 0x10;
      expect(decodeProducerSnapshot(changed, 0).ok).toBe(false);
    }
  });

  test("leader-epoch-checkpoint: version, count, lines of epoch and start offset", () => {
    const epochs = new LeaderEpochs();
    epochs.assign(0, 0 as Offset);
    epochs.assign(3, 1234 as Offset);
    expect(text(formatLeaderEpochs(epochs))).toBe("0\n2\n0 0\n3 1234\n");
    const parsed = parseLeaderEpochs(formatLeaderEpochs(epochs));
    expect(parsed.ok && parsed.value.entries).toEqual(epochs.entries);
    for (const wrong of [
      "",
      "0\n",
      "0\n2\n0 0\n",
      "1\n0\n",
      "0\n2\n3 0\n2 5\n",
      "0\n2\n1 5\n2 5\n",
      "0\n1\nx y\n",
    ]) {
      expect(parseLeaderEpochs(new TextEncoder().encode(wrong)).ok).toBe(false);
    }
  });

  test("partition.metadata: version and topic id", () => {
    expect(text(formatPartitionMetadata(TOPIC_ID))).toBe(`version: 0\ntopic_id: ${TOPIC_ID}\n`);
    expect(parsePartitionMetadata(new TextEncoder().encode(`version: 0\ntopic_id: ${TOPIC_ID}`))).toBe(
      TOPIC_ID,
    );
    expect(parsePartitionMetadata(new TextEncoder().encode("version: 0\n"))).toBe(null);
  });

  test("names carry offsets in 20 digits", () => {
    expect(offsetFileName(1234, ".timeindex")).toBe("00000000000000001234.timeindex");
    expect(parseOffsetFileName("00000000000000001234.log.deleted")).toEqual({
      offset: 1234,
      suffix: ".log",
      isDeleted: true,
    });
    for (const other of ["1234.log", "00000000000000001234.txnindex", "99999999999999999999.log", "x"]) {
      expect(parseOffsetFileName(other)).toBe(null);
    }
  });

  test("a log writes them so: entries by Kafka's rule, a last time entry, a snapshot, on roll and close", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk), opening({ segmentBytes: 1500, indexIntervalBytes: 500 }));
    const producer = { producerId: 9, producerEpoch: 0, baseSequence: 0 };
    const batches = [
      batchOf(1, 400, 1000),
      batchOf(2, 300, 3000),
      batchOf(1, 300, 2000),
      batchOf(1, 300, 4000),
      batchOf(3, 400, 5000, producer),
    ];
    for (const batch of batches) append(log, batch);
    sync(disk, log);
    const sizes = batches.map((batch) => batch.length);
    const file = (name: string) => disk.contentOf(`${DIRECTORY}/${name}`);
    // The third batch is the first behind more than 500 bytes; the fourth is not 500 bytes further.
    const position = (sizes[0]! + sizes[1]!).toString(16).padStart(8, "0");
    expect(file("00000000000000000000.index")).toEqual(bytes(`00000003 ${position}`));
    expect(file("00000000000000000000.timeindex")).toEqual(
      bytes("0000000000000bb8 00000002 0000000000000fa0 00000004"),
    );
    expect(file("00000000000000000000.log")).toEqual(
      Uint8Array.from(batches.slice(0, 4).flatMap((batch) => [...batch])),
    );
    expect(file("00000000000000000005.snapshot")).toEqual(encodeProducerSnapshot(new ProducerStates(1)));

    expect(log.close().ok).toBe(true);
    expect(file("00000000000000000005.index")).toEqual(new Uint8Array(0));
    expect(file("00000000000000000005.timeindex")).toEqual(bytes("0000000000001388 00000002"));
    const decoded = decodeProducerSnapshot(file("00000000000000000008.snapshot"), 0);
    expect(decoded.ok && decoded.value.map((entry) => entry.lastSequence)).toEqual([2]);
    expect(text(file("leader-epoch-checkpoint"))).toBe("0\n1\n0 0\n");
    expect(recordBatch.baseOffset(file("00000000000000000005.log"), 0)).toBe(5);
  });
});
