import { describe, expect, test, vi } from "vitest";
import { silentLogger } from "../../src/base/logger.ts";
import type { FileDescriptor, FilePosition } from "../../src/base/units.ts";
import type { TopicConfig } from "../../src/config/topic-config.ts";
import { CONTROL } from "../../src/io/partition-messages.ts";
import { PARTITION_STATUS } from "../../src/io/partition-state.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { ControlRequest, type ControlResult } from "../../src/router/control-request.ts";
import { AppendRequest, FetchRequest } from "../../src/router/requests.ts";
import type { AppendResult, FetchResult } from "../../src/router/types.ts";
import { WorkerLink } from "../../src/router/worker-link.ts";
import { Duty, TICK_MS } from "../../src/workers/duty.ts";
import { batchOfBytes } from "../support/batches.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { SimulatedFiles } from "../support/simulated-files.ts";

const CONFIG: TopicConfig = {
  segmentBytes: 1 << 30,
  segmentMs: 604_800_000,
  retentionMs: -1,
  retentionBytes: -1,
  indexIntervalBytes: 4096,
  segmentIndexBytes: 10 * 1024 * 1024,
  maxMessageBytes: 16 * 1024 * 1024,
  messageTimestampType: "CreateTime",
  messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  messageTimestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
  fileDeleteDelayMs: 60_000,
  writeCaching: false,
  minInsyncReplicas: 1,
};

/** One partition on a duty that a test drives turn by turn, over a simulated disk. */
async function startPartition(config: TopicConfig = CONFIG) {
  const disk = new SimulatedFiles();
  disk.makeDirectory("/data");
  const link = new WorkerLink(
    {
      threadName: "partition-0",
      arenaBytes: 32 * 1024 * 1024,
      openSegmentsMax: 16,
      producerIdsMax: 100,
      producerIdExpirationMs: 60_000,
      maintenanceIntervalMs: 1000,
    },
    () => undefined,
  );
  void link.run();
  /** Held until a test lets go of it. */
  const syncGate = { current: Promise.resolve() };
  /** So is a read of cold bytes, which ends with what this gives. */
  const readGate = { current: Promise.resolve<string | null>(null) };
  const clock = new ManualClock();
  /** Syncs so far, and how long the next ones take, on the thread or in the background. */
  const syncs = { onThread: 0, inBackground: 0, tookMs: 0, errorCode: null as string | null };
  const jobs = {
    syncFile: async (fd: number): Promise<string | null> => {
      await syncGate.current;
      syncs.inBackground++;
      clock.advance(syncs.tookMs);
      disk.sync(fd as FileDescriptor);
      return null;
    },
    syncFileNow: (fd: FileDescriptor): string | null => {
      syncs.onThread++;
      clock.advance(syncs.tookMs);
      if (syncs.errorCode !== null) return syncs.errorCode;
      disk.sync(fd);
      return null;
    },
    syncDirectory: async (path: string): Promise<string | null> => {
      disk.syncDirectory(path);
      return null;
    },
    readThrough: async (
      fd: FileDescriptor,
      position: FilePosition,
      length: number,
    ): Promise<string | null> => {
      const errorCode = await readGate.current;
      if (errorCode !== null) return errorCode;
      disk.read(fd, new Uint8Array(length), 0, length, position);
      return null;
    },
  };
  const duty = new Duty(link.boot, disk, clock, jobs, silentLogger);
  const turn = async (): Promise<void> => {
    await Promise.resolve();
    duty.turn();
  };
  const control = async (kind: number, body: unknown, index = 0): Promise<ControlResult> => {
    const done = new Promise<ControlResult>((resolve) =>
      link.submit(new ControlRequest(index, kind, body, resolve)),
    );
    await turn();
    return done;
  };
  const append = (batch: Uint8Array, acks: "leader" | "all" = "all"): Promise<AppendResult> =>
    new Promise((resolve) => link.submit(new AppendRequest(0, batch, acks, () => undefined, resolve)));
  const fetch = (offset: number): Promise<FetchResult> =>
    new Promise((resolve) =>
      link.submit(new FetchRequest(0, offset, 1 << 20, true, "high-watermark", resolve)),
    );
  const open = async (partition: number, index = partition): Promise<void> => {
    const opening = {
      directory: `/data/t-${partition}`,
      topic: "t",
      partition,
      topicId: "AAAAAAAAAAAAAAAAAAAAAQ",
      config,
      recoveryPoint: 0,
      logStartOffset: 0,
      wasCleanShutdown: true,
    };
    expect((await control(CONTROL.OPEN, opening, index)).errorCode).toBe(ErrorCode.NONE);
  };
  await open(0);
  /** One batch, acknowledged when synced. */
  const appendSynced = async (batch: Uint8Array = batchOfBytes(10)): Promise<ErrorCode> => {
    const answer = append(batch);
    await turn();
    return (await answer).errorCode;
  };
  return {
    appendSynced,
    readGate,
    open,
    syncs,
    disk,
    duty,
    turn,
    append,
    fetch,
    control,
    syncGate,
    state: link.stateOf(0),
  };
}

describe("a hosted partition", () => {
  test("refuses what waits for a sync when the checkpoint before that sync fails, instead of letting it wait", async () => {
    const { disk, duty, turn, append, state } = await startPartition();
    let errorCode: ErrorCode | null = null;
    for (let written = 0; written < 64 * 1024 * 1024; written += 8 * 1024 * 1024) {
      const isLast = written + 8 * 1024 * 1024 >= 64 * 1024 * 1024;
      // The index files cannot be written.
      if (isLast) disk.inject({ call: "create", nth: 1, code: "EIO", isPersistent: true });
      const answer = append(batchOfBytes(8 * 1024 * 1024));
      await turn();
      errorCode = (await Promise.race([answer, Bun.sleep(500)]))?.errorCode ?? null;
    }
    expect(errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    expect(state.status()).toBe(PARTITION_STATUS.OFFLINE);
    expect(duty.partitions[0]!.log.failure).not.toBeNull();
  });

  test("does not hand out bytes that could not be read, and shows that it is offline", async () => {
    const { readGate, disk, turn, append, fetch, state } = await startPartition();
    const answer = append(batchOfBytes(100_000));
    await turn();
    expect((await answer).errorCode).toBe(ErrorCode.NONE);
    disk.isCold = true;
    // The header is found; the bytes behind it are not.
    readGate.current = Promise.resolve("EIO");
    const fetched = fetch(0);
    await turn();
    expect(await fetched).toMatchObject({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR, span: null });
    expect(state.status()).toBe(PARTITION_STATUS.OFFLINE);
  });

  test("goes on appending while a fetch waits for the disk", async () => {
    const { disk, duty, turn, append, appendSynced, fetch, readGate } = await startPartition();
    expect(await appendSynced(batchOfBytes(100_000))).toBe(ErrorCode.NONE);
    disk.isCold = true;
    const gate = Promise.withResolvers<null>();
    readGate.current = gate.promise;
    let isFetched = false;
    const fetched = fetch(0).finally(() => {
      isFetched = true;
    });
    await turn();
    const appended = append(batchOfBytes(10), "leader");
    await turn();
    expect((await appended).errorCode).toBe(ErrorCode.NONE);
    expect(isFetched).toBe(false);
    expect(duty.patienceMs).toBe(0);
    gate.resolve(null);
    const { errorCode, span } = await fetched;
    expect(errorCode).toBe(ErrorCode.NONE);
    expect(span?.length).toBeGreaterThan(100_000);
    await vi.waitFor(() => expect(duty.patienceMs).toBe(TICK_MS));
  });

  test("a read that fails for a partition that is gone does not touch the one that has its place now", async () => {
    const { disk, appendSynced, fetch, turn, control, open, readGate, state } = await startPartition();
    expect(await appendSynced(batchOfBytes(100_000))).toBe(ErrorCode.NONE);
    disk.isCold = true;
    const gate = Promise.withResolvers<string>();
    readGate.current = gate.promise;
    const fetched = fetch(0);
    await turn();
    expect((await control(CONTROL.DELETE, null)).errorCode).toBe(ErrorCode.NONE);
    await open(1, 0);
    gate.resolve("EIO");
    expect((await fetched).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    expect(state.status()).toBe(PARTITION_STATUS.ONLINE);
    expect(state.read().highWatermark).toBe(0);
  });

  test("answers an append that is taken in the turn that closes it, though a sync has just ended", async () => {
    const { turn, append, control } = await startPartition();
    const first = append(batchOfBytes(10));
    await turn();
    const second = append(batchOfBytes(10));
    const closed = control(CONTROL.CLOSE, null);
    expect((await closed).errorCode).toBe(ErrorCode.NONE);
    const answers = await Promise.race([Promise.all([first, second]), Bun.sleep(500)]);
    expect(answers).toBeDefined();
  });

  test("answers large batches and frees their room in the arena while the turn goes on", async () => {
    const { duty, turn, append } = await startPartition();
    const publish = vi.spyOn(duty.completions, "publish");
    const answers = [1, 2, 3, 4].map(() => append(batchOfBytes(1024 * 1024), "leader"));
    await turn();
    // One for each, and the turn's own.
    expect(publish.mock.calls.length).toBeGreaterThanOrEqual(5);
    for (const { errorCode, baseOffset } of await Promise.all(answers)) {
      expect({ errorCode, isPlaced: baseOffset >= 0 }).toEqual({ errorCode: ErrorCode.NONE, isPlaced: true });
    }
  });

  test("lets its event loop stand still only while nobody waits for what ends on it", async () => {
    const { duty, turn, append, syncGate } = await startPartition();
    await vi.waitFor(() => expect(duty.patienceMs).toBe(TICK_MS));
    const gate = Promise.withResolvers<void>();
    syncGate.current = gate.promise;

    await Promise.all([append(batchOfBytes(10), "leader"), turn()]);
    // A lazy sync is due in a few milliseconds, and may be that late.
    expect(duty.patienceMs).toBeGreaterThan(0);
    expect(duty.patienceMs).toBeLessThan(10);

    const awaited = append(batchOfBytes(10), "all");
    await turn();
    expect(duty.patienceMs).toBe(0);
    gate.resolve();
    expect((await awaited).errorCode).toBe(ErrorCode.NONE);
    await vi.waitFor(() => expect(duty.patienceMs).toBe(TICK_MS));
  });

  test("waits for a short sync on its thread, and in the background for the first, a large one and those after a slow one", async () => {
    const { appendSynced, syncs } = await startPartition();
    expect(await appendSynced()).toBe(ErrorCode.NONE);
    expect(syncs).toMatchObject({ onThread: 0, inBackground: 1 });
    expect(await appendSynced()).toBe(ErrorCode.NONE);
    expect(syncs).toMatchObject({ onThread: 1, inBackground: 1 });
    expect(await appendSynced(batchOfBytes(600 * 1024))).toBe(ErrorCode.NONE);
    expect(syncs).toMatchObject({ onThread: 1, inBackground: 2 });
    syncs.tookMs = 400;
    expect(await appendSynced()).toBe(ErrorCode.NONE);
    expect(syncs).toMatchObject({ onThread: 2, inBackground: 2 });
    for (const inBackground of [3, 4]) {
      expect(await appendSynced()).toBe(ErrorCode.NONE);
      expect(syncs).toMatchObject({ onThread: 2, inBackground });
    }
    syncs.tookMs = 0.3;
    expect(await appendSynced()).toBe(ErrorCode.NONE);
    expect(await appendSynced()).toBe(ErrorCode.NONE);
    expect(syncs).toMatchObject({ onThread: 3, inBackground: 5 });
  });

  test("never waits for a disk on a thread that serves a second partition", async () => {
    const { appendSynced, open, syncs } = await startPartition();
    await open(1);
    for (let batch = 0; batch < 4; batch++) expect(await appendSynced()).toBe(ErrorCode.NONE);
    expect(syncs.onThread).toBe(0);
  });

  test("goes offline at the first failed sync on its thread, and refuses what waited for it", async () => {
    const { appendSynced, syncs, state } = await startPartition();
    expect(await appendSynced()).toBe(ErrorCode.NONE);
    syncs.errorCode = "EIO";
    expect(await appendSynced()).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    expect(state.status()).toBe(PARTITION_STATUS.OFFLINE);
    expect(await appendSynced()).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    expect(syncs.onThread).toBe(1);
  });

  test("with write.caching does not sync for a reader that waits for the watermark", async () => {
    const { duty, turn, append, state } = await startPartition({ ...CONFIG, writeCaching: true });
    await vi.waitFor(() => expect(duty.patienceMs).toBe(TICK_MS));
    await Promise.all([append(batchOfBytes(10)), turn()]);
    state.requestWatermarkEvent();
    expect(state.read().highWatermark).toBe(1);
    duty.tick();
    expect(duty.patienceMs).toBeGreaterThan(0);
  });
});
