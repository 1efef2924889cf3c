import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  layoutOf,
  RECORDS_PER_UNIT,
  SMALL_BATCH_BYTES,
  type SparseLayout,
  UNIT_BYTES,
  writeSparsePartition,
} from "../../bench/load/sparse-partition.ts";
import { filesOfThisPlatform } from "../../src/io/files-of-this-platform.ts";
import { inspectFile } from "../../src/log/inspect.ts";
import { recordBatch } from "../../src/protocol/record-batch.ts";
import { environmentOn, fetchBytes, opening, openLog } from "../log/log-harness.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const FIRST_TIMESTAMP_MS = 1_790_000_000_000;
const SEGMENT_UNITS = (1024 * 1024 * 1024) / UNIT_BYTES;

function write(bytes: number): { directory: string; layout: SparseLayout } {
  const directory = join(temporaryDirectory(), "sparse-0");
  const writing = writeSparsePartition({ directory, bytes, firstTimestampMs: FIRST_TIMESTAMP_MS });
  for (;;) {
    const step = writing.next();
    if (step.done === true) return { directory, layout: step.value };
  }
}

describe("a sparse partition", () => {
  test("has nothing that the inspector objects to, and a block of disk for each unit", () => {
    const { directory, layout } = write(16 * UNIT_BYTES);
    let batches = 0;
    for (const name of readdirSync(directory)) {
      for (const found of inspectFile(filesOfThisPlatform(), join(directory, name), { records: true })) {
        expect(found.kind).not.toBe("problem");
        if ("problems" in found) expect(found.problems).toEqual([]);
        if (found.kind === "batch") batches++;
      }
    }
    expect(batches).toBe(16 * RECORDS_PER_UNIT);
    const { size, blocks } = statSync(join(directory, `${"0".repeat(20)}.log`));
    expect(size).toBe(layout.bytes);
    expect(blocks * 512).toBeLessThan(size / 8);
  });

  test("has the indexes that a recovery of every byte makes, and ends where its layout says", () => {
    const { directory, layout } = write(16 * UNIT_BYTES);
    const path = (suffix: string): string => join(directory, `${"0".repeat(20)}${suffix}`);
    const indexes = [".index", ".timeindex"].map((suffix) => readFileSync(path(suffix)));
    for (const suffix of [".index", ".timeindex"]) rmSync(path(suffix));
    for (const name of readdirSync(directory)) if (name.endsWith(".snapshot")) rmSync(join(directory, name));
    const log = openLog(environmentOn(filesOfThisPlatform()), opening({}, { directory }));
    expect(log.fields.endOffset).toBe(layout.endOffset);
    expect(log.close().ok).toBe(true);
    expect([".index", ".timeindex"].map((suffix) => readFileSync(path(suffix)))).toEqual(indexes);
  });

  test("is opened after a clean stop and found in by offset and by time, in every segment", () => {
    const bytes = (SEGMENT_UNITS + 2) * UNIT_BYTES;
    const { directory, layout } = write(bytes);
    expect(layout).toEqual(layoutOf(bytes));
    expect(layout.segments).toBe(2);
    const files = filesOfThisPlatform();
    const log = openLog(
      environmentOn(files),
      opening({}, { directory, recoveryPoint: layout.endOffset, wasCleanShutdown: true }),
    );
    expect(log.fields.endOffset).toBe(layout.endOffset);
    for (const unit of [0, 1, SEGMENT_UNITS - 1, SEGMENT_UNITS, layout.units - 1]) {
      const offset = unit * RECORDS_PER_UNIT;
      const batch = fetchBytes(files, log, offset, SMALL_BATCH_BYTES);
      expect(recordBatch.baseOffset(batch, 0)).toBe(offset);
      expect(recordBatch.length(batch, 0)).toBe(SMALL_BATCH_BYTES);
      expect(recordBatch.crc(batch, 0)).toBe(recordBatch.computeCrc(batch, 0));
      expect(log.offsetForTimestamp(FIRST_TIMESTAMP_MS + unit).offset).toBe(offset);
    }
    expect(log.failure).toBe(null);
    expect(log.close().ok).toBe(true);
  });
});
