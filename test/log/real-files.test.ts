import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { filesOfThisPlatform } from "../../src/io/files-of-this-platform.ts";
import { PortableFiles } from "../../src/io/portable-files.ts";
import { beginPartitionDeletion, finishPartitionDeletion } from "../../src/log/partition-deletion.ts";
import { recordBatch } from "../../src/protocol/record-batch.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { append, batchOf, environmentOn, fetchBytes, opening, openLog, sync } from "./log-harness.ts";

const CONFIG = { segmentBytes: 50_000, indexIntervalBytes: 1000 };

describe.each([
  ["this platform's files", () => filesOfThisPlatform()],
  ["portable files", () => new PortableFiles()],
])("a log on %s", (_name, makeFiles) => {
  test("appends, rolls, stops cleanly or not, and has every byte afterwards", () => {
    const files = makeFiles();
    const directory = join(temporaryDirectory(), "orders-0");
    const random = new SeededRandom(1);
    const batches: Uint8Array[] = [];
    for (let life = 0; life < 4; life++) {
      const wasCleanShutdown = life % 2 === 1;
      const log = openLog(environmentOn(files), opening(CONFIG, { directory, wasCleanShutdown }));
      expect(log.fields.endOffset).toBe(batches.length);
      for (let count = 0; count < 100; count++) {
        const batch = batchOf(1, 100 + random.below(3000), 1_700_000_000_000 + batches.length);
        append(log, batch);
        batches.push(batch);
        if (random.oneIn(5)) sync(files, log);
      }
      sync(files, log);
      for (const [offset, batch] of batches.entries()) {
        expect(Buffer.compare(fetchBytes(files, log, offset, 1), batch)).toBe(0);
      }
      expect(log.offsetForTimestamp(1_700_000_000_000 + 42).offset).toBe(42);
      if (life % 2 === 0) expect(log.close().ok).toBe(true);
      else log.abandon();
    }
    const log = openLog(environmentOn(files), opening(CONFIG, { directory, recoveryPoint: 400 }));
    expect(recordBatch.leaderEpoch(fetchBytes(files, log, 399, 1), 0)).toBe(1);
    expect(log.failure).toBe(null);
    log.abandon();
    const begun = beginPartitionDeletion(files, directory);
    expect(begun.ok && finishPartitionDeletion(files, begun.value).ok).toBe(true);
    expect(files.exists(directory)).toBe(false);
  });
});
