import { describe, expect, test } from "vitest";
import { type Inspection, inspectFile } from "../../src/log/inspect.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import type { SimulatedFiles } from "../support/simulated-files.ts";
import {
  append,
  batchOf,
  DIRECTORY,
  emptyDisk,
  environmentOn,
  opening,
  openLog,
  TOPIC_ID,
} from "./log-harness.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const file = (offset: number, suffix: string) => `${DIRECTORY}/${String(offset).padStart(20, "0")}${suffix}`;

function closedLog(): SimulatedFiles {
  const disk = emptyDisk();
  const log = openLog(environmentOn(disk), opening({ indexIntervalBytes: 50 }));
  append(log, batchOf(2, 300, 1000));
  append(
    log,
    encodeRecordBatch({
      records: [
        { key: encode("k"), value: encode("v"), headers: [{ key: "h", value: null }], timestamp: 2000 },
      ],
      codec: 1,
      producerId: 5,
      producerEpoch: 2,
      baseSequence: 9,
    }),
  );
  append(log, batchOf(1, 100, 1500));
  log.close();
  return disk;
}

const inspect = (disk: SimulatedFiles, path: string, records = false): Inspection[] => [
  ...inspectFile(disk, path, { records }),
];

describe("the offline inspector", () => {
  test("tells every batch of a segment, and its records if asked", () => {
    const disk = closedLog();
    const [first, second, third, ...rest] = inspect(disk, file(0, ".log"));
    expect(rest).toEqual([]);
    expect(first).toMatchObject({
      kind: "batch",
      position: 0,
      baseOffset: 0,
      lastOffset: 1,
      recordsCount: 2,
      codec: "none",
      timestampType: "CreateTime",
      maxTimestampMs: 1000,
      producerId: -1,
      isCrcRight: true,
      problems: [],
    });
    expect(second).toMatchObject({
      codec: "gzip",
      producerId: 5,
      producerEpoch: 2,
      baseSequence: 9,
      baseOffset: 2,
    });
    expect(third).toMatchObject({ baseOffset: 3, problems: [] });
    const record = inspect(disk, file(0, ".log"), true).filter(({ kind }) => kind === "record")[2];
    expect(record).toEqual({
      kind: "record",
      offset: 2,
      timestampMs: 2000,
      key: encode("k"),
      value: encode("v"),
      headers: [{ key: "h", value: null }],
    });
    expect(disk.openDescriptors).toBe(0);
  });

  test("flags wrong checksums and offsets, and goes on; says where the batches end", () => {
    const disk = closedLog();
    const content = disk.contentOf(file(0, ".log"));
    content[100]! ^= 1;
    disk.plant(file(0, ".log"), content.subarray(0, -5));
    const found = inspect(disk, file(0, ".log"), true);
    expect(found[0]).toMatchObject({ isCrcRight: false, problems: ["the checksum does not match"] });
    expect(found[1]).toMatchObject({ kind: "batch", problems: [] });
    expect(found.at(-1)).toMatchObject({ kind: "problem" });
    expect(found.at(-1)).toHaveProperty("message", expect.stringContaining("of which only"));
    disk.plant(file(7, ".log"), content);
    expect(inspect(disk, file(7, ".log"))[0]).toMatchObject({
      problems: ["the checksum does not match", "offset 7 should be next"],
    });
  });

  test("tells the entries of the indexes, and compares them with the segment beside them", () => {
    const disk = closedLog();
    const positions = inspect(disk, file(0, ".log")).map((batch) =>
      batch.kind === "batch" ? batch.position : -1,
    );
    expect(inspect(disk, file(0, ".index"))).toEqual([
      { kind: "offset-index-entry", offset: 2, position: positions[1], problems: [] },
      { kind: "offset-index-entry", offset: 3, position: positions[2], problems: [] },
    ]);
    expect(inspect(disk, file(0, ".timeindex"))).toEqual([
      { kind: "time-index-entry", timestampMs: 2000, offset: 2, problems: [] },
    ]);
    const index = disk.contentOf(file(0, ".index"));
    index[7]! += 1;
    disk.plant(file(0, ".index"), new Uint8Array([...index, ...index.subarray(0, 8), 1]));
    expect(inspect(disk, file(0, ".index"))).toMatchObject([
      { problems: ["no batch of that offset starts there"] },
      { problems: [] },
      { problems: ["it does not come after the entry before", "no batch of that offset starts there"] },
      { kind: "problem", message: "1 bytes at the end are no whole entry" },
    ]);
  });

  test("tells producers, epochs and the topic id, or what is wrong with their files", () => {
    const disk = closedLog();
    expect(inspect(disk, file(4, ".snapshot"))).toMatchObject([
      {
        kind: "producer",
        producerId: 5,
        producerEpoch: 2,
        lastSequence: 9,
        lastOffset: 2,
        coordinatorEpoch: -1,
      },
    ]);
    expect(inspect(disk, `${DIRECTORY}/leader-epoch-checkpoint`)).toEqual([
      { kind: "leader-epoch", epoch: 0, startOffset: 0 },
    ]);
    expect(inspect(disk, `${DIRECTORY}/partition.metadata`)).toEqual([
      { kind: "topic-id", topicId: TOPIC_ID },
    ]);
    disk.plant(file(4, ".snapshot"), encode("nonsense that is long enough"));
    disk.plant(`${DIRECTORY}/leader-epoch-checkpoint`, encode("nonsense"));
    disk.plant(`${DIRECTORY}/notes.txt`, encode("nonsense"));
    for (const path of [
      file(4, ".snapshot"),
      `${DIRECTORY}/leader-epoch-checkpoint`,
      `${DIRECTORY}/notes.txt`,
    ]) {
      expect(inspect(disk, path)).toMatchObject([{ kind: "problem" }]);
    }
    expect(() => inspect(disk, `${DIRECTORY}/nothing.log`)).toThrow("ENOENT");
  });
});
