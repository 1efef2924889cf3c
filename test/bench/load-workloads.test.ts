import { expect, test } from "vitest";
import { CONTROLS } from "../../bench/controls/index.ts";
import { batchOf } from "../../bench/load/batches.ts";
import { recordsIn } from "../../bench/load/bench-topic.ts";
import { METRICS } from "../../bench/suite/metrics.ts";
import { WORKLOADS } from "../../bench/workloads/index.ts";
import { recordBatch } from "../../src/protocol/record-batch.ts";

const KIB = 1024;

test("the names of workloads are unique and start with their family", () => {
  const names = WORKLOADS.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
  for (const { name, family } of WORKLOADS)
    expect(name === family || name.startsWith(`${family}/`)).toBe(true);
});

test("every control that a workload names exists, and so does its headline", () => {
  for (const { controls = [], headline } of WORKLOADS) {
    for (const { name, blockBytes } of controls) {
      expect(CONTROLS).toHaveProperty(name);
      expect(blockBytes).toBeGreaterThan(0);
    }
    expect(METRICS).toHaveProperty(headline);
  }
});

test("a hot fetch is held against bare sendfile, and against what its consumers can reach with one fetch in flight", () => {
  const workload = WORKLOADS.find(({ name }) => name === "fetch-hot/512MiB/8-consumers/by-8MiB");
  expect(workload?.controls).toEqual([
    { name: "bare-sendfile", blockBytes: KIB * KIB },
    { name: "sendfile-answers", blockBytes: 8 * KIB * KIB, connections: 8 },
  ]);
});

test("every setting of the ingest table is there", () => {
  const ofFamily = (family: string): string[] =>
    WORKLOADS.filter((workload) => workload.family === family).map(({ name }) => name);
  for (const family of ["ingest-1p", "ingest-12p"]) {
    const names = ofFamily(family);
    for (const record of ["100B", "1KiB"]) {
      for (const batch of ["16KiB", "64KiB", "1MiB"]) {
        for (const acks of ["acks=1", "acks=all"]) {
          for (const producers of ["1-producer", "4-producers"])
            expect(names).toContain(`${family}/${record}/${batch}/${acks}/${producers}`);
        }
      }
    }
  }
  expect(ofFamily("ingest-unbatched")).toHaveLength(2);
  expect(ofFamily("latency")).toHaveLength(6);
});

test("a disk acknowledgement is compared with a disk acknowledgement", () => {
  for (const { acknowledged, settings, family } of WORKLOADS) {
    if (!family.startsWith("ingest-") && family !== "latency") continue;
    const isSynced = settings?.kafka?.["log.flush.interval.messages"] === "1";
    expect(isSynced).toBe(acknowledged === "disk");
    if (acknowledged === "disk") expect(settings?.odradek?.["write.caching"]).toBeUndefined();
  }
});

test.each([
  [16 * KIB, 100],
  [64 * KIB, KIB],
  [KIB * KIB, 100],
  [KIB * KIB, KIB],
])("batchOf(%i) of %i B records fits, and another record would not", (batchBytes, recordBytes) => {
  const batch = batchOf(batchBytes, recordBytes);
  expect(batch.byteLength).toBeLessThanOrEqual(batchBytes);
  expect(batch.byteLength).toBeGreaterThan(batchBytes * 0.9 - recordBytes - 12);
  expect(recordBatch.computeCrc(batch, 0)).toBe(recordBatch.crc(batch, 0));
});

test("batchOf() has at least one record, and keys when they are asked for", () => {
  expect(recordsIn(batchOf(0, 100))).toBe(1);
  const plain = batchOf(16 * KIB, KIB);
  const keyed = batchOf(16 * KIB, KIB, true);
  expect(recordsIn(keyed)).toBe(15);
  expect(keyed.byteLength).toBeGreaterThan(plain.byteLength);
});
