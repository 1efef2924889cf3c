import { mkdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BrokerCheckpoints } from "../../src/broker-checkpoints.ts";
import { OffsetCheckpoint, readOffsetCheckpoint } from "../../src/cluster/offset-checkpoints.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { PARTITION_STATUS, type PartitionStatus } from "../../src/io/partition-state.ts";
import { RoutedPartition } from "../../src/router/routed-partition.ts";
import { recordingLogger } from "../support/recording-logger.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const NO_PARTITIONS = { partitions: () => [] };

/** Of a topic `t`, which was opened with the recovery point 3 and has been synced up to 100 since. */
function syncedPartition(status: PartitionStatus): RoutedPartition {
  const config = loadConfig({ overrides: { "log.dirs": "/data" } });
  if (!config.ok) throw new Error("the defaults load");
  const partition = new RoutedPartition({
    directory: "/data/t-0",
    topic: "t",
    topicId: "AAAAAAAAAAAAAAAAAAAAAQ",
    partition: 0,
    config: config.value.topicDefaults,
    recoveryPoint: 3,
    logStartOffset: 0,
    wasCleanShutdown: false,
  });
  partition.state.publish({
    logStartOffset: 2,
    highWatermark: 100,
    lastStableOffset: 100,
    endOffset: 120,
    syncedOffset: 100,
    highWatermarkBytes: 1000,
    leaderEpoch: 0,
    status,
  });
  return partition;
}

async function recoveryPoints(directory: string): Promise<Record<string, number>> {
  const read = await readOffsetCheckpoint(directory, OffsetCheckpoint.RECOVERY_POINT);
  if (!read.ok) throw new Error(read.error);
  return Object.fromEntries(read.value);
}

describe("the checkpoints of a data directory", () => {
  test("keep the synced offset of a partition that went offline: below it, damage is no torn tail", async () => {
    const directory = temporaryDirectory();
    const checkpoints = new BrokerCheckpoints(directory, recordingLogger());
    const partition = syncedPartition(PARTITION_STATUS.OFFLINE);
    await checkpoints.write({ partitions: () => [partition] });
    expect(await recoveryPoints(directory)).toEqual({ "t-0": 100 });

    const unopened = new RoutedPartition(partition.opening);
    await checkpoints.write({ partitions: () => [unopened] });
    expect(await recoveryPoints(directory)).toEqual({ "t-0": 3 });
  });

  test("drop a topic that only a half-failed write has named", async () => {
    const directory = temporaryDirectory();
    const checkpoints = new BrokerCheckpoints(directory, recordingLogger());
    const inTheWay = join(directory, OffsetCheckpoint.LOG_START);
    mkdirSync(inTheWay);
    await checkpoints.write({ partitions: () => [syncedPartition(PARTITION_STATUS.ONLINE)] });
    expect(await recoveryPoints(directory)).toEqual({ "t-0": 100 });
    expect(await checkpoints.drop("t", NO_PARTITIONS)).toBe(false);
    rmdirSync(inTheWay);
    expect(await checkpoints.drop("t", NO_PARTITIONS)).toBe(true);
    expect(await recoveryPoints(directory)).toEqual({});
  });

  test("drop a topic that the write under way names", async () => {
    const directory = temporaryDirectory();
    const checkpoints = new BrokerCheckpoints(directory, recordingLogger());
    const written = checkpoints.write({ partitions: () => [syncedPartition(PARTITION_STATUS.ONLINE)] });
    await Promise.resolve();
    expect(await checkpoints.drop("t", NO_PARTITIONS)).toBe(true);
    await written;
    expect(await recoveryPoints(directory)).toEqual({});
  });

  test("are put right by the next write after one that failed, though nothing has changed meanwhile", async () => {
    const directory = temporaryDirectory();
    const checkpoints = new BrokerCheckpoints(directory, recordingLogger());
    await checkpoints.write(NO_PARTITIONS);
    const inTheWay = join(directory, OffsetCheckpoint.REPLICATION);
    rmSync(inTheWay);
    mkdirSync(inTheWay);
    await checkpoints.write({ partitions: () => [syncedPartition(PARTITION_STATUS.ONLINE)] });
    rmdirSync(inTheWay);
    await checkpoints.write(NO_PARTITIONS);
    expect(await recoveryPoints(directory)).toEqual({});
  });
});
