import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config/load-config.ts";
import { PARTITION_STATUS } from "../../src/io/partition-state.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import type { RoutedPartition } from "../../src/router/routed-partition.ts";
import { Router } from "../../src/router/router.ts";
import { spawnPartitionThread } from "../../src/workers/spawn.ts";
import { recordingLogger } from "../support/recording-logger.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** No such command: a broken invariant of the kind that stops a thread. */
const UNKNOWN_COMMAND = 99;

function startRouter(logger = recordingLogger()): Router {
  return new Router({
    workersMax: 8,
    link: {
      arenaBytes: 1 << 20,
      openSegmentsMax: 16,
      producerIdsMax: 100,
      producerIdExpirationMs: 60_000,
      maintenanceIntervalMs: 1000,
    },
    spawn: spawnPartitionThread,
    logger,
  });
}

async function openPartition(router: Router, root: string, partition: number): Promise<RoutedPartition> {
  const config = loadConfig({ overrides: { "log.dirs": root } });
  if (!config.ok) throw new Error("the defaults load");
  const { partition: handle, opened } = router.openPartition({
    directory: join(root, `t-${partition}`),
    topic: "t",
    topicId: "AAAAAAAAAAAAAAAAAAAAAQ",
    partition,
    config: config.value.topicDefaults,
    recoveryPoint: 0,
    logStartOffset: 0,
    wasCleanShutdown: true,
  });
  expect(await opened).toEqual({ errorCode: ErrorCode.NONE, message: null });
  return handle;
}

function batch(value: string): Uint8Array {
  return encodeRecordBatch({ records: [{ value: new TextEncoder().encode(value), timestamp: Date.now() }] });
}

function breakThread({ link }: RoutedPartition): void {
  link!.commands.claim(UNKNOWN_COMMAND, 8);
  link!.commands.publish();
}

function ignored(): void {}

describe("a partition thread that dies", () => {
  test("takes only its own partition offline, says why, and comes back with every acknowledged record", async () => {
    const logger = recordingLogger();
    const router = startRouter(logger);
    const root = temporaryDirectory();
    const [first, second] = [await openPartition(router, root, 0), await openPartition(router, root, 1)];
    expect(router.threadCount).toBe(2);
    expect((await router.append(first, batch("kept"), "all", ignored)).baseOffset).toBe(0);

    breakThread(first);
    await expect.poll(() => first.state.status()).toBe(PARTITION_STATUS.OFFLINE);
    expect((await router.append(first, batch("refused"), "all", ignored)).errorCode).toBe(
      ErrorCode.KAFKA_STORAGE_ERROR,
    );
    expect((await router.append(second, batch("unaffected"), "all", ignored)).errorCode).toBe(ErrorCode.NONE);
    expect(logger.events).toContain("partition-thread-died");

    await expect.poll(() => first.state.status(), { timeout: 10_000 }).toBe(PARTITION_STATUS.ONLINE);
    expect(first.state.read().endOffset).toBe(1);
    expect((await router.append(first, batch("next"), "all", ignored)).baseOffset).toBe(1);
    expect((await router.close()).map(({ errorCode }) => errorCode)).toEqual([
      ErrorCode.NONE,
      ErrorCode.NONE,
    ]);
  });

  test("fails the appends that were under way instead of leaving them waiting", async () => {
    const router = startRouter();
    const partition = await openPartition(router, temporaryDirectory(), 0);
    breakThread(partition);
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        router.append(partition, batch(String(index)), "all", ignored),
      ),
    );
    for (const { errorCode } of results) expect(errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    await router.close();
  });
});
