import { closeSync, fstatSync, openSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FileDescriptor } from "../../src/base/units.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { COMMAND, COMPLETION, CONTROL, type WorkerBoot } from "../../src/io/partition-messages.ts";
import { PARTITION_STATE_BYTES, PARTITION_STATUS, PartitionState } from "../../src/io/partition-state.ts";
import { RingConsumer, RingProducer } from "../../src/io/ring.ts";
import { SpanPins } from "../../src/io/span-pins.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import type { PartitionThread } from "../../src/router/partition-threads.ts";
import type { PartitionOpening } from "../../src/router/routed-partition.ts";
import { Router } from "../../src/router/router.ts";
import { recordingLogger } from "../support/recording-logger.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

interface Control {
  readonly request: number;
  readonly partition: number;
  readonly kind: number;
  readonly body: unknown;
}

/** A partition thread that does nothing by itself: a test answers for it, or lets it die. */
class ManualThread implements PartitionThread {
  boot: WorkerBoot | null = null;
  exit: (reason: string) => void = () => undefined;
  readonly #taken: Control[] = [];
  #commands: RingConsumer | null = null;
  #completions: RingProducer | null = null;

  post(boot: WorkerBoot): void {
    this.boot = boot;
    this.#commands = new RingConsumer(boot.commands);
    this.#completions = new RingProducer(boot.completions);
  }

  onNotice(): void {}

  onExit(listener: (reason: string) => void): void {
    this.exit = listener;
  }

  get pins(): SpanPins {
    return new SpanPins(this.boot!.pins);
  }

  stateOf({ partition }: Control): PartitionState {
    return new PartitionState(this.boot!.states, partition * PARTITION_STATE_BYTES);
  }

  /** The next control on the ring. */
  async control(kind: number): Promise<Control> {
    await expect.poll(() => this.#poll().length, { interval: 1 }).toBeGreaterThan(0);
    const control = this.#taken.shift()!;
    expect(control.kind).toBe(kind);
    return control;
  }

  answer({ request }: Control, errorCode: ErrorCode = ErrorCode.NONE): void {
    const completions = this.#completions!;
    const json = new TextEncoder().encode("null");
    const at = completions.claim(COMPLETION.CONTROL_DONE, 16 + json.byteLength);
    completions.i32.set([request, errorCode, 0, json.byteLength], at >> 2);
    completions.u8.set(json, at + 16);
    completions.publish();
  }

  #poll(): Control[] {
    const { i32, u8 } = this.#commands!;
    this.#commands!.poll((type, at) => {
      expect(type).toBe(COMMAND.CONTROL);
      const [request, partition, kind, length] = i32.subarray(at >> 2, (at >> 2) + 4);
      const json = new TextDecoder().decode(u8.slice(at + 16, at + 16 + length!));
      this.#taken.push({ request: request!, partition: partition!, kind: kind!, body: JSON.parse(json) });
    }, 100);
    return this.#taken;
  }
}

function startRouter(workersMax = 8): { router: Router; threads: ManualThread[] } {
  const threads: ManualThread[] = [];
  const router = new Router({
    workersMax,
    link: {
      arenaBytes: 4096,
      openSegmentsMax: 16,
      producerIdsMax: 100,
      producerIdExpirationMs: 60_000,
      maintenanceIntervalMs: 1000,
    },
    spawn: () => {
      const thread = new ManualThread();
      threads.push(thread);
      return thread;
    },
    logger: recordingLogger(),
  });
  return { router, threads };
}

function opening(partition = 0, recoveryPoint: number | null = 0): PartitionOpening {
  const config = loadConfig({ overrides: { "log.dirs": "/data" } });
  if (!config.ok) throw new Error("the defaults load");
  return {
    directory: `/data/t-${partition}`,
    topic: "t",
    topicId: "AAAAAAAAAAAAAAAAAAAAAQ",
    partition,
    config: config.value.topicDefaults,
    recoveryPoint,
    logStartOffset: recoveryPoint,
    wasCleanShutdown: false,
  };
}

const FIELDS = {
  logStartOffset: 40,
  highWatermark: 100,
  lastStableOffset: 100,
  endOffset: 100,
  syncedOffset: 100,
  highWatermarkBytes: 1000,
  leaderEpoch: 0,
  status: PARTITION_STATUS.ONLINE,
};

describe("partition threads", () => {
  test("a descriptor that a dead thread left open is closed once, though its partition is deleted afterwards", async () => {
    const { router, threads } = startRouter();
    const { partition, opened } = router.openPartition(opening());
    threads[0]!.answer(await threads[0]!.control(CONTROL.OPEN));
    await opened;
    const path = join(temporaryDirectory(), "file");
    const left = openSync(path, "w");
    threads[0]!.pins.open(left as FileDescriptor);
    threads[0]!.exit("a bug");
    expect(() => fstatSync(left)).toThrow("EBADF");

    const another = openSync(path, "r");
    expect(another).toBe(left);
    expect((await router.deletePartition(partition)).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    expect(fstatSync(another).isFile()).toBe(true);
    closeSync(another);
  });

  test("a dead thread whose last partition is deleted is not started again", async () => {
    const { router, threads } = startRouter();
    const { partition, opened } = router.openPartition(opening());
    threads[0]!.answer(await threads[0]!.control(CONTROL.OPEN));
    await opened;
    threads[0]!.exit("a bug");
    await router.deletePartition(partition);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(threads.length).toBe(1);
    expect(router.threadCount).toBe(0);
  });

  test("a thread that dies while it is being stopped holds nobody up", async () => {
    const { router, threads } = startRouter();
    const { partition, opened } = router.openPartition(opening());
    threads[0]!.answer(await threads[0]!.control(CONTROL.OPEN));
    await opened;
    const deleted = router.deletePartition(partition);
    threads[0]!.answer(await threads[0]!.control(CONTROL.DELETE));
    await threads[0]!.control(CONTROL.SHUTDOWN);
    threads[0]!.exit("a bug");
    expect((await deleted).errorCode).toBe(ErrorCode.NONE);
    expect(router.threadCount).toBe(0);
  });

  test("a thread that died before it had opened its partition leaves the recovery point as it was known", async () => {
    const { router, threads } = startRouter();
    router.openPartition(opening(0, 77));
    await threads[0]!.control(CONTROL.OPEN);
    threads[0]!.exit("a bug");
    await expect.poll(() => threads.length, { timeout: 5000 }).toBe(2);
    const again = await threads[1]!.control(CONTROL.OPEN);
    expect(again.body).toMatchObject({ recoveryPoint: 77, logStartOffset: 77 });
  });

  test("a partition that takes the place of a deleted one starts without its offsets", async () => {
    const { router, threads } = startRouter(1);
    const first = router.openPartition(opening(0));
    const thread = threads[0]!;
    const firstOpen = await thread.control(CONTROL.OPEN);
    thread.stateOf(firstOpen).publish(FIELDS);
    thread.answer(firstOpen);
    const other = router.openPartition(opening(1));
    thread.answer(await thread.control(CONTROL.OPEN));
    await Promise.all([first.opened, other.opened]);
    const deleted = router.deletePartition(first.partition);
    const deletion = await thread.control(CONTROL.DELETE);
    thread.stateOf(deletion).setStatus(PARTITION_STATUS.DELETED);
    thread.answer(deletion);
    await deleted;

    const next = router.openPartition(opening(2, 7));
    expect((await thread.control(CONTROL.OPEN)).partition).toBe(firstOpen.partition);
    expect(next.partition.state.status()).toBe(PARTITION_STATUS.OPENING);
    thread.exit("a bug");
    await expect.poll(() => threads.length, { timeout: 5000 }).toBe(2);
    const openings = [await threads[1]!.control(CONTROL.OPEN), await threads[1]!.control(CONTROL.OPEN)];
    expect(openings.map(({ body }) => body)).toContainEqual(
      expect.objectContaining({ partition: 2, recoveryPoint: 7 }),
    );
  });

  test("a partition that found no thread can be deleted all the same", async () => {
    const { router, threads } = startRouter(1);
    const opened = Array.from({ length: 1024 }, (_, partition) => router.openPartition(opening(partition)));
    expect(threads.length).toBe(1);
    const surplus = router.openPartition(opening(1024));
    expect((await surplus.opened).errorCode).toBe(ErrorCode.POLICY_VIOLATION);
    expect((await router.deletePartition(surplus.partition)).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    expect(opened.length).toBe(1024);
  });
});
