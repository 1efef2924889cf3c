import { describe, expect, test } from "vitest";
import { PartitionLog } from "../../src/log/partition-log.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { recordBatch } from "../../src/protocol/record-batch.ts";
import { ManualClock } from "../support/manual-clock.ts";
import type { DiskFault, SimulatedFiles } from "../support/simulated-files.ts";
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

const LOG = `${DIRECTORY}/00000000000000000000.log`;

function stageAndCommit(log: PartitionLog, batch: Uint8Array): ErrorCode {
  const { errorCode } = log.stage(batch, 0, batch.length);
  return errorCode === ErrorCode.NONE ? log.commit() : errorCode;
}

describe("disk full", () => {
  test("appends are refused, reads go on, and appends resume when space returns", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk));
    append(log, batchOf(1, 400));
    sync(disk, log);
    const used = disk.usedBytes();
    disk.capacityBytes = used + 250;
    for (let round = 0; round < 3; round++) {
      expect(stageAndCommit(log, batchOf(1, 400))).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
      expect(log.failure).toBe(null);
      expect(disk.usedBytes()).toBe(used);
      expect(fetchBytes(disk, log, 0).length).toBe(batchOf(1, 400).length);
    }
    disk.capacityBytes = Number.POSITIVE_INFINITY;
    expect(append(log, batchOf(1, 400))).toBe(1);
    sync(disk, log);
    const reopened = openLog(environmentOn(disk.crashed(1)), opening({}, { recoveryPoint: 2 }));
    expect(reopened.fields.endOffset).toBe(2);
  });

  test("all of a commit is in the log, or none of it", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk));
    const arena = new Uint8Array(1000);
    const batch = batchOf(1, 300);
    for (const at of [0, batch.length, batch.length * 2 + 7]) {
      arena.set(batch, at);
      log.stage(arena, at, batch.length);
    }
    // The first two are one write, which succeeds; the third, behind a hole, is another.
    disk.inject({ call: "write", nth: 2, code: "ENOSPC", partWritten: 0.5 });
    expect(log.commit()).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    expect(disk.contentOf(LOG).length).toBe(0);
    expect(log.fields.endOffset).toBe(0);
    expect(append(log, batchOf(1, 300))).toBe(0);
  });

  test("a roll that finds no room refuses the batch; the next one rolls", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk), opening({ segmentBytes: 500 }));
    append(log, batchOf(1, 400));
    disk.inject({ call: "create", nth: 1, code: "ENOSPC" });
    const refused = log.stage(batchOf(1, 400), 0, batchOf(1, 400).length);
    expect(refused).toMatchObject({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR, baseOffset: -1 });
    expect(refused.message).toContain("ENOSPC");
    expect(append(log, batchOf(1, 400))).toBe(1);
  });

  test("indexes and snapshots without room cost nothing but a rebuild", () => {
    const disk = emptyDisk();
    const config = { segmentBytes: 1000, indexIntervalBytes: 200 };
    const log = openLog(environmentOn(disk, undefined, { checkpointBytes: 600 }), opening(config));
    for (let count = 0; count < 8; count++) {
      // Whatever is written beside the log itself finds the disk full.
      disk.onChange = (call, path) => {
        disk.capacityBytes = call === "write" && !path.endsWith(".log") ? 0 : Number.POSITIVE_INFINITY;
      };
      append(log, batchOf(1, 300));
      sync(disk, log);
    }
    expect(log.failure).toBe(null);
    disk.onChange = null;
    disk.capacityBytes = Number.POSITIVE_INFINITY;
    for (const survivor of [disk.killed(), disk.crashed(5)]) {
      const reopened = openLog(environmentOn(survivor), opening(config, { recoveryPoint: 8 }));
      for (let offset = 0; offset < 8; offset++) {
        expect(recordBatch.baseOffset(fetchBytes(survivor, reopened, offset, 1), 0)).toBe(offset);
      }
    }
  });

  test("a log opens on a full disk, reads, and appends when there is room", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk));
    append(log, batchOf(1, 400));
    sync(disk, log);
    const next = disk.killed();
    next.capacityBytes = next.usedBytes();
    const reopened = openLog(environmentOn(next));
    expect(fetchBytes(next, reopened, 0).length).toBe(batchOf(1, 400).length);
    expect(stageAndCommit(reopened, batchOf(1, 400))).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    next.capacityBytes = Number.POSITIVE_INFINITY;
    expect(append(reopened, batchOf(1, 400))).toBe(1);
    expect(recordBatch.leaderEpoch(fetchBytes(next, reopened, 1, 1000, "log-end"), 0)).toBe(1);
  });

  test("too many open files: the fetch is refused, the log stays online", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk), opening({ segmentBytes: 500 }));
    for (let count = 0; count < 20; count++) append(log, batchOf(1, 400));
    sync(disk, log);
    disk.inject({ call: "open", nth: 1, code: "EMFILE", isPersistent: true });
    expect(log.planFetch(0, 1, true, "high-watermark").errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    expect(log.failure).toBe(null);
    expect(append(log, batchOf(1, 50))).toBe(20);
    disk.clearFaults();
    expect(log.planFetch(0, 1, true, "high-watermark").errorCode).toBe(ErrorCode.NONE);
  });
});

describe("a broken disk", () => {
  test("a write error takes the log offline, and nothing of the commit stays", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk));
    append(log, batchOf(1, 400));
    disk.inject({ call: "write", nth: 1, code: "EIO", partWritten: 0.5 });
    expect(stageAndCommit(log, batchOf(1, 400))).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    expect(log.failure).toMatchObject({ code: "log-disk-error" });
    expect(log.failure!.message).toBe(
      `orders-0 is offline: write of ${LOG} failed with EIO. Check the disk and the permissions of the data directory, then restart the broker.`,
    );
    expect(disk.contentOf(LOG).length).toBe(batchOf(1, 400).length);
    expect(log.stage(batchOf(1), 0, batchOf(1).length).message).toContain("offline");
    expect(log.beginSync()).toBe(null);
    expect(log.wantsSync()).toBe(false);
    expect(log.offsetForTimestamp(0).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
  });

  test("a full disk on which even the cut fails: offline, because nobody knows what the file holds", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk));
    disk.inject({ call: "write", nth: 1, code: "ENOSPC", partWritten: 0.5 });
    disk.inject({ call: "truncate", nth: 1, code: "EIO" });
    expect(stageAndCommit(log, batchOf(1, 400))).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    expect(log.failure).toMatchObject({ code: "log-disk-error" });
  });

  test("the first sync that fails is final: nothing is acknowledged, and a reopen reads what is there", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk));
    append(log, batchOf(1));
    sync(disk, log);
    append(log, batchOf(1));
    const ticket = log.beginSync()!;
    disk.inject({ call: "sync", nth: 1, code: "EIO" });
    expect(() => disk.sync(ticket.fds[0]!)).toThrow("EIO");
    log.completeSync(ticket, "EIO");
    expect(log.failure).toMatchObject({ code: "log-sync-failed" });
    expect(log.fields).toMatchObject({ syncedOffset: 1, highWatermark: 1 });
    expect(log.beginSync()).toBe(null);
    const closed = log.close();
    expect(!closed.ok && closed.error.code).toBe("log-sync-failed");
    expect(disk.openDescriptors).toBe(0);
    for (let seed = 0; seed < 20; seed++) {
      const reopened = openLog(environmentOn(disk.crashed(seed)), opening({}, { recoveryPoint: 1 }));
      expect(reopened.fields.endOffset).toBeGreaterThanOrEqual(1);
    }
  });

  test("after a failed sync a restart believes the disk, not the page cache that holds the lost bytes", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk));
    append(log, batchOf(1));
    sync(disk, log);
    append(log, batchOf(1));
    const ticket = log.beginSync()!;
    disk.inject({ call: "sync", nth: 1, code: "EIO" });
    expect(() => disk.sync(ticket.fds[0]!)).toThrow("EIO");
    log.completeSync(ticket, "EIO");
    const next = disk.killed();
    expect(next.contentOf(LOG).length).toBe(2 * batchOf(1).length);
    const reopened = openLog(environmentOn(next), opening({}, { recoveryPoint: 1 }));
    expect(reopened.fields).toMatchObject({ endOffset: 1, syncedOffset: 1 });
    expect(next.contentOf(LOG).length).toBe(batchOf(1).length);
  });

  test("a sync that ends after the log went offline changes nothing", () => {
    const disk = emptyDisk();
    const log = openLog(environmentOn(disk));
    append(log, batchOf(1));
    const ticket = log.beginSync()!;
    disk.inject({ call: "write", nth: 1, code: "EIO" });
    stageAndCommit(log, batchOf(1));
    log.completeSync(ticket, null);
    expect(log.fields).toMatchObject({ syncedOffset: 0, highWatermark: 0 });
    log.abandon();
    expect(disk.openDescriptors).toBe(0);
  });
});

/** A life of a log, in which any call may fail: what it has acknowledged at the end. */
function liveThrough(disk: SimulatedFiles): { acknowledged: Uint8Array[]; recoveryPoint: number } {
  const clock = new ManualClock();
  const config = {
    segmentBytes: 1000,
    indexIntervalBytes: 200,
    retentionBytes: 100_000,
    fileDeleteDelayMs: 0,
  };
  const batches: Uint8Array[] = [];
  let synced = 0;
  for (let life = 0; life < 2; life++) {
    const environment = environmentOn(disk, clock, { checkpointBytes: 700, openSegmentsMax: 2 });
    const opened = PartitionLog.open(
      environment,
      opening(config, { recoveryPoint: life === 0 ? null : synced }),
    );
    if (!opened.ok) continue;
    const log = opened.value;
    batches.length = log.fields.endOffset;
    for (let count = 0; count < 6; count++) {
      const batch = batchOf(1, 300, clock.wallMs());
      if (stageAndCommit(log, batch) === ErrorCode.NONE) batches[log.fields.endOffset - 1] = batch;
      if (count % 2 === 1) trySync(disk, log);
      synced = Math.max(synced, log.fields.syncedOffset);
      log.planFetch(0, 1000, true, "high-watermark");
      log.offsetForTimestamp(clock.wallMs());
      clock.advance(10);
    }
    log.maintain();
    if (log.close().ok) synced = log.fields.endOffset;
  }
  return { acknowledged: batches.slice(0, synced), recoveryPoint: synced };
}

function trySync(disk: SimulatedFiles, log: PartitionLog): void {
  const ticket = log.beginSync();
  if (ticket === null) return;
  let errorCode: string | null = null;
  try {
    for (const fd of ticket.fds) disk.sync(fd);
    for (const directory of ticket.directories) disk.syncDirectory(directory);
  } catch (error) {
    errorCode = (error as { code: string }).code;
  }
  log.completeSync(ticket, errorCode);
}

describe("every call to the disk fails once, or from then on", () => {
  const faults: Omit<DiskFault, "nth">[] = [
    { call: null, code: "EIO" },
    { call: null, code: "EIO", isPersistent: true, partWritten: 0.5 },
    { call: null, code: "ENOSPC", partWritten: 0.3 },
    { call: "write", code: "ENOSPC", isPersistent: true, partWritten: 0.7 },
    { call: "sync", code: "EIO" },
  ];
  test.each(faults)("%o: no throw, and nothing acknowledged is lost", (fault) => {
    let nth = 0;
    for (let isHit = true; isHit; ) {
      nth++;
      const disk = emptyDisk();
      disk.inject({ ...fault, nth });
      const { acknowledged, recoveryPoint } = liveThrough(disk);
      isHit = disk.faultsHit > 0;
      disk.clearFaults();
      for (const survivor of [disk.killed(), disk.crashed(nth), disk.crashed(nth + 1000)]) {
        const log = openLog(environmentOn(survivor), opening({ segmentBytes: 1000 }, { recoveryPoint }));
        expect(log.fields.endOffset).toBeGreaterThanOrEqual(acknowledged.length);
        for (const [offset, batch] of acknowledged.entries()) {
          expect(Buffer.compare(fetchBytes(survivor, log, offset, 1), batch)).toBe(0);
        }
      }
    }
    expect(nth).toBeGreaterThan(8);
  });
});
