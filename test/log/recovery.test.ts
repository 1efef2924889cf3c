import { describe, expect, test } from "vitest";
import { PartitionLog } from "../../src/log/partition-log.ts";
import { recordBatch } from "../../src/protocol/record-batch.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { recordingLogger } from "../support/recording-logger.ts";
import type { SimulatedFiles } from "../support/simulated-files.ts";
import {
  append,
  batchOf,
  DIRECTORY,
  emptyDisk,
  environmentOn,
  fetchBytes,
  opening,
  openLog,
  sync,
} from "./log-harness.ts";

const CONFIG = { segmentBytes: 1000, indexIntervalBytes: 300 };
const BATCH = 300;
const file = (offset: number, suffix = ".log") => `${DIRECTORY}/${String(offset).padStart(20, "0")}${suffix}`;

/** 13 batches of one record, three to a segment: bases 0, 3, 6, 9, 12. Synced up to `synced`, and the process is gone. */
function deadLog(synced = 13): { disk: SimulatedFiles; size: number } {
  const disk = emptyDisk();
  const log = openLog(environmentOn(disk), opening(CONFIG));
  for (let count = 0; count < 13; count++) {
    if (count === synced) sync(disk, log);
    append(log, batchOf(1, BATCH, 1_700_000_000_000 + count));
  }
  if (synced === 13) sync(disk, log);
  return { disk: disk.killed(), size: batchOf(1, BATCH).length };
}

function change(disk: SimulatedFiles, path: string, at: number, value?: number): void {
  const content = disk.contentOf(path);
  content[at] = value ?? content[at]! ^ 0xff;
  disk.plant(path, content);
}

function removeSnapshots(disk: SimulatedFiles): void {
  for (const name of disk.list(DIRECTORY)) {
    if (name.endsWith(".snapshot")) disk.remove(`${DIRECTORY}/${name}`);
  }
}

function tryOpen(disk: SimulatedFiles, options = {}) {
  return PartitionLog.open(environmentOn(disk), opening(CONFIG, options));
}

function refusal(disk: SimulatedFiles, options = {}): string {
  const before = disk.list(DIRECTORY).map((name) => [name, disk.contentOf(`${DIRECTORY}/${name}`)]);
  const opened = tryOpen(disk, options);
  if (opened.ok) throw new Error("the log opened");
  expect(opened.error.code).toBe("log-damaged");
  const after = disk.list(DIRECTORY).map((name) => [name, disk.contentOf(`${DIRECTORY}/${name}`)]);
  const logs = (files: typeof before) => files.filter(([name]) => String(name).endsWith(".log"));
  expect(logs(after)).toEqual(logs(before));
  expect(disk.openDescriptors).toBeLessThanOrEqual(8);
  return opened.error.message;
}

describe("recovery above the synced end", () => {
  test("cuts a torn tail, and keeps acknowledged batches", () => {
    const { disk, size } = deadLog(10);
    change(disk, file(9), size * 2 + 100);
    const logger = recordingLogger();
    const log = openLog(environmentOn(disk, undefined, { logger }), opening(CONFIG, { recoveryPoint: 10 }));
    expect(log.fields).toMatchObject({ endOffset: 11, highWatermark: 11, syncedOffset: 11, leaderEpoch: 1 });
    expect(disk.exists(file(12))).toBe(false);
    expect(disk.contentOf(file(9)).length).toBe(size * 2);
    expect(logger.lines[0]).toMatchObject({
      event: "log-cut",
      fields: { endOffset: 11, segmentsRemoved: 1 },
    });
    expect(logger.lines[0]!.fields.problem).toContain("a wrong checksum");
    expect(append(log, batchOf(1, BATCH))).toBe(11);
    sync(disk, log);
    expect(recordBatch.leaderEpoch(fetchBytes(disk, log, 11), 0)).toBe(1);
  });

  test.each([
    [
      "a batch cut short",
      (disk: SimulatedFiles, size: number) =>
        disk.plant(file(9), disk.contentOf(file(9)).subarray(0, size * 2 + 70)),
    ],
    [
      "less than a header",
      (disk: SimulatedFiles, size: number) =>
        disk.plant(file(9), disk.contentOf(file(9)).subarray(0, size * 2 + 30)),
    ],
    [
      "zeros",
      (disk: SimulatedFiles, size: number) => disk.plant(file(9), disk.contentOf(file(9)).fill(0, size * 2)),
    ],
    [
      "a batch of another offset",
      (disk: SimulatedFiles, size: number) => change(disk, file(9), size * 2 + 7),
    ],
    [
      "a batch of an older leader epoch",
      (disk: SimulatedFiles, size: number) => change(disk, file(9), size + 15, 1),
    ],
    ["an unknown format", (disk: SimulatedFiles, size: number) => change(disk, file(9), size * 2 + 16, 9)],
    [
      "a length beyond the file",
      (disk: SimulatedFiles, size: number) => change(disk, file(9), size * 2 + 8, 0x7f),
    ],
    ["a negative length", (disk: SimulatedFiles, size: number) => change(disk, file(9), size * 2 + 8, 0x80)],
    [
      "a missing segment behind it",
      (disk: SimulatedFiles, size: number) =>
        disk.plant(file(9), disk.contentOf(file(9)).subarray(0, size * 2)),
    ],
  ])("cuts before %s", (_what, damage) => {
    const { disk, size } = deadLog(10);
    damage(disk, size);
    const opened = tryOpen(disk, { recoveryPoint: 10 });
    if (!opened.ok) throw new Error(opened.error.message);
    expect(opened.value.fields.endOffset).toBe(11);
    expect(disk.contentOf(file(9)).length).toBe(size * 2);
    expect(disk.exists(file(12))).toBe(false);
  });

  test("a segment of length zero in the middle ends the log", () => {
    const { disk } = deadLog(6);
    disk.plant(file(9), new Uint8Array(0));
    const opened = tryOpen(disk, { recoveryPoint: 6 });
    expect(opened.ok && opened.value.fields.endOffset).toBe(9);
    expect(disk.exists(file(12))).toBe(false);
  });

  test("without a checkpoint, the newest producer snapshot tells up to where damage is damage", () => {
    const cut = deadLog(10);
    change(cut.disk, file(9), cut.size * 2 + 100);
    const opened = tryOpen(cut.disk);
    expect(opened.ok && opened.value.fields.endOffset).toBe(11);

    const damaged = deadLog();
    expect(damaged.disk.exists(file(12, ".snapshot"))).toBe(true);
    removeAllBut(damaged.disk, 12);
    const torn = damaged.disk.killed();
    change(torn, file(12), 100);
    expect(tryOpen(torn).ok).toBe(true);
  });

  test("without checkpoint and snapshots everything is verified", () => {
    const { disk, size } = deadLog();
    removeSnapshots(disk);
    change(disk, file(3), size + 100);
    const opened = tryOpen(disk);
    expect(opened.ok && opened.value.fields.endOffset).toBe(4);
  });
});

function removeAllBut(disk: SimulatedFiles, offset: number): void {
  for (const name of disk.list(DIRECTORY)) {
    const isOther = name.endsWith(".snapshot") && `${DIRECTORY}/${name}` !== file(offset, ".snapshot");
    if (isOther) disk.remove(`${DIRECTORY}/${name}`);
  }
}

describe("recovery refuses damage below the synced end, changes nothing, and says what to do", () => {
  test("a wrong checksum", () => {
    const { disk, size } = deadLog();
    change(disk, file(12), 100);
    const message = refusal(disk, { recoveryPoint: 13 });
    expect(message).toContain(
      "orders-0 is damaged: 00000000000000000012.log holds a batch with a wrong checksum at byte 0 (offset 12)",
    );
    expect(message).toContain("synced up to offset 13");
    expect(message).toContain("Restore its directory from a copy");
    expect(size).toBeGreaterThan(100);
  });

  test("a missing segment", () => {
    const { disk } = deadLog();
    removeSnapshots(disk);
    disk.remove(file(6));
    expect(refusal(disk, { recoveryPoint: 13 })).toContain(
      "the segment that starts at offset 6 is missing before 9",
    );
  });

  test("a log that ends too early", () => {
    const { disk, size } = deadLog();
    disk.plant(file(12), new Uint8Array(0));
    expect(refusal(disk, { recoveryPoint: 13 })).toContain(
      "it ends at offset 12, though it was synced up to 13",
    );
    expect(size).toBeGreaterThan(0);
  });

  test("the last segment gone, which the snapshot proves even without a checkpoint", () => {
    const { disk } = deadLog();
    disk.remove(file(12));
    disk.remove(file(9));
    expect(refusal(disk)).toContain("it ends at offset 9, though it was synced up to 12");
  });

  test("all segments gone", () => {
    const { disk } = deadLog();
    for (const name of disk.list(DIRECTORY)) if (name.endsWith(".log")) disk.remove(`${DIRECTORY}/${name}`);
    expect(refusal(disk)).toContain("all of its segment files are missing");
  });

  test("anything after a clean stop", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk), opening(CONFIG));
    for (let count = 0; count < 5; count++) append(log, batchOf(1, BATCH));
    log.close();
    change(disk, file(3), 400);
    removeSnapshots(disk);
    expect(refusal(disk, { wasCleanShutdown: true })).toContain("synced up to its end");
  });

  test("another topic's directory", () => {
    const { disk } = deadLog();
    const opened = tryOpen(disk, { topicId: "AAAAAAAAAAAAAAAAAAAAAQ" });
    expect(!opened.ok && opened.error.code).toBe("log-wrong-topic");
    disk.plant(`${DIRECTORY}/partition.metadata`, new Uint8Array(3));
    expect(refusal(disk)).toContain("partition.metadata does not hold a topic id");
  });

  test("damage that only a reader meets takes that log offline, and no corrupt byte is served", () => {
    const { disk, size } = deadLog();
    change(disk, file(3), size + 16, 7);
    disk.remove(file(3, ".index"));
    const log = openLog(environmentOn(disk), opening(CONFIG, { recoveryPoint: 13 }));
    expect(log.planFetch(4, 1000, true, "high-watermark")).toMatchObject({ errorCode: 56, length: 0 });
    expect(log.failure).toMatchObject({ code: "log-damaged" });
    expect(log.failure!.message).toContain("segment 3 holds a batch of the unknown format 7");
    expect(log.planFetch(0, 1000, true, "high-watermark").errorCode).toBe(56);
    expect(log.close().ok).toBe(false);
    expect(disk.openDescriptors).toBe(0);
  });
});

describe("indexes", () => {
  test.each([
    ["missing", (disk: SimulatedFiles, path: string) => disk.remove(path)],
    [
      "cut in the middle of an entry",
      (disk: SimulatedFiles, path: string) => disk.plant(path, disk.contentOf(path).subarray(0, -1)),
    ],
    ["zeros", (disk: SimulatedFiles, path: string) => disk.plant(path, disk.contentOf(path).fill(0))],
    ["noise", (disk: SimulatedFiles, path: string) => disk.plant(path, disk.contentOf(path).fill(0xa7))],
  ])("%s: rebuilt from the log, byte for byte", (_what, damage) => {
    for (const suffix of [".index", ".timeindex"]) {
      for (const base of [3, 12]) {
        const { disk } = deadLog();
        const path = file(base, suffix);
        if (!disk.exists(path)) continue;
        const expected = disk.contentOf(path);
        damage(disk, path);
        const log = openLog(environmentOn(disk), opening(CONFIG, { recoveryPoint: 13 }));
        for (let offset = 0; offset < 13; offset++) {
          expect(recordBatch.baseOffset(fetchBytes(disk, log, offset, 1), 0)).toBe(offset);
          expect(log.offsetForTimestamp(1_700_000_000_000 + offset).offset).toBe(offset);
        }
        expect(disk.contentOf(path)).toEqual(expected);
      }
    }
  });

  test("sane but leading elsewhere: noticed at use, and rebuilt", () => {
    const { disk, size } = deadLog();
    const wrong = new Uint8Array(16);
    new DataView(wrong.buffer).setInt32(0, 1);
    new DataView(wrong.buffer).setInt32(4, 17);
    new DataView(wrong.buffer).setInt32(8, 2);
    new DataView(wrong.buffer).setInt32(12, size * 2);
    disk.plant(file(3, ".index"), wrong);
    const log = openLog(environmentOn(disk), opening(CONFIG, { recoveryPoint: 13 }));
    expect(recordBatch.baseOffset(fetchBytes(disk, log, 4, 1), 0)).toBe(4);
    expect(log.failure).toBe(null);
    expect(disk.contentOf(file(3, ".index"))).not.toEqual(wrong);
  });

  test("zeros at the end, as Kafka preallocates them, are no entries", () => {
    const { disk } = deadLog();
    for (const suffix of [".index", ".timeindex"]) {
      const content = disk.contentOf(file(3, suffix));
      disk.plant(file(3, suffix), new Uint8Array([...content, ...new Uint8Array(240)]));
    }
    const logger = recordingLogger();
    const log = openLog(environmentOn(disk, undefined, { logger }), opening(CONFIG, { recoveryPoint: 13 }));
    expect(recordBatch.baseOffset(fetchBytes(disk, log, 4, 1), 0)).toBe(4);
    expect(log.offsetForTimestamp(1_700_000_000_004).offset).toBe(4);
    expect(logger.events).not.toContain("index-rebuilt");
  });
});

describe("what a snapshot says of the indexes holds, whatever a power loss takes", () => {
  const config = { ...CONFIG, segmentBytes: 5000, indexIntervalBytes: 310, segmentMs: 1000 };

  /** Four batches; the index has an entry for the third, so the fourth's time is in none. */
  function checkpointedLog(clock: ManualClock, times = [0, 1, 2, 3]) {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk, clock, { checkpointBytes: 500 }), opening(config));
    for (const time of times) append(log, batchOf(1, BATCH, clock.wallMs() + time));
    sync(disk, log);
    expect(disk.exists(file(4, ".snapshot"))).toBe(true);
    return { disk, log };
  }

  function expectTime(survivor: SimulatedFiles, clock: ManualClock, time: number, offset: number): void {
    const reopened = openLog(environmentOn(survivor, clock), opening(config, { recoveryPoint: 4 }));
    expect(reopened.offsetForTimestamp(clock.wallMs() + time).offset).toBe(offset);
  }

  test("a segment that is sealed at just the offset of a checkpoint", () => {
    const clock = new ManualClock();
    const { disk, log } = checkpointedLog(clock);
    append(log, batchOf(1, BATCH, clock.wallMs() + 2000));
    for (let seed = 0; seed < 100; seed++) expectTime(disk.crashed(seed), clock, 3, 3);
  });

  test("a segment that is sealed at just the offset at which a recovery ended", () => {
    const clock = new ManualClock();
    const { disk } = checkpointedLog(clock);
    disk.remove(file(4, ".snapshot"));
    const recovered = disk.killed();
    const log = openLog(environmentOn(recovered, clock), opening(config, { recoveryPoint: 4 }));
    append(log, batchOf(1, BATCH, clock.wallMs() + 2000));
    for (let seed = 0; seed < 100; seed++) expectTime(recovered.crashed(seed), clock, 3, 3);
  });

  test("an index that is missing, while it is made again", () => {
    const clock = new ManualClock();
    const { disk, log } = checkpointedLog(clock, [50, 1, 2, 3]);
    append(log, batchOf(1, BATCH, clock.wallMs() + 4));
    sync(disk, log);
    const next = disk.killed();
    next.remove(file(0, ".index"));
    next.remove(file(0, ".timeindex"));
    next.syncDirectory(DIRECTORY);
    const survivors: SimulatedFiles[] = [];
    next.onChange = () => {
      for (let seed = 0; seed < 20; seed++) survivors.push(next.crashed(survivors.length));
    };
    openLog(environmentOn(next, clock), opening(config, { recoveryPoint: 5 }));
    expect(survivors.length).toBeGreaterThan(100);
    for (const survivor of survivors) expectTime(survivor, clock, 40, 0);
  });
});

describe("start-up costs the same at any size", () => {
  test("opening reads what was appended since the last snapshot, not old segments", () => {
    const bytesRead = (segments: number, wasCleanShutdown: boolean): number => {
      const disk = emptyDisk();
      const log = openLog(environmentOn(disk), opening(CONFIG));
      for (let count = 0; count < segments * 3 + 1; count++) append(log, batchOf(1, BATCH));
      sync(disk, log);
      if (wasCleanShutdown) log.close();
      const next = disk.killed();
      let bytes = 0;
      const { read } = next;
      next.read = (...args) => {
        const length = read.apply(next, args);
        bytes += length;
        return length;
      };
      openLog(environmentOn(next), opening(CONFIG, { wasCleanShutdown, recoveryPoint: segments * 3 + 1 }));
      return bytes;
    };
    expect(bytesRead(100, true)).toBe(bytesRead(3, true));
    expect(bytesRead(100, false)).toBe(bytesRead(3, false));
    expect(bytesRead(100, true)).toBeLessThan(2000);
  });
});
