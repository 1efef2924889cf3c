import { describe, expect, test } from "vitest";
import { openArenaMemory } from "../../src/io/arena-memory.ts";
import { COMMAND, COMPLETION, CONTROL, REQUESTS_IN_FLIGHT_MAX } from "../../src/io/partition-messages.ts";
import { RingConsumer, RingProducer } from "../../src/io/ring.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { ControlRequest } from "../../src/router/control-request.ts";
import { AppendRequest, EpochRequest } from "../../src/router/requests.ts";
import type { AppendResult } from "../../src/router/types.ts";
import { WorkerLink } from "../../src/router/worker-link.ts";

interface Command {
  readonly type: number;
  readonly request: number;
  readonly partition: number;
  readonly token: number;
  readonly batch: Uint8Array;
}

/** The other end of a link, on the same thread: takes commands and answers when told to. */
class ManualWorker {
  readonly #commands: RingConsumer;
  readonly #completions: RingProducer;
  readonly #arena: Uint8Array;

  constructor(link: WorkerLink) {
    this.#commands = new RingConsumer(link.boot.commands);
    this.#completions = new RingProducer(link.boot.completions);
    this.#arena = openArenaMemory(link.boot.arena);
  }

  async take(max = REQUESTS_IN_FLIGHT_MAX): Promise<Command[]> {
    // Requests of one turn are published together, when its microtasks run.
    await Promise.resolve();
    const { i32, f64 } = this.#commands;
    const taken: Command[] = [];
    this.#commands.poll((type, at) => {
      const word = at >> 2;
      const [arenaAt, length] = [i32[word + 2]!, i32[word + 3]!];
      const isAppend = type === COMMAND.APPEND;
      taken.push({
        type,
        request: i32[word]!,
        partition: i32[word + 1]!,
        token: isAppend ? f64[(at >> 3) + 2]! : 0,
        batch: isAppend ? this.#arena.slice(arenaAt, arenaAt + length) : new Uint8Array(),
      });
    }, max);
    return taken;
  }

  appended({ request, token }: Command, baseOffset: number): void {
    const at = this.#completions.claim(COMPLETION.APPENDED, 40);
    this.#completions.i32.set([request, ErrorCode.NONE], at >> 2);
    this.#completions.f64.set([baseOffset, -1, 0], (at >> 3) + 2);
    const release = this.#completions.claim(COMPLETION.ARENA_CONSUMED, 16);
    this.#completions.f64[(release >> 3) + 1] = token;
    this.#completions.publish();
  }
}

function newLink(arenaBytes = 4096): WorkerLink {
  const link = new WorkerLink(
    {
      threadName: "t",
      arenaBytes,
      openSegmentsMax: 8,
      producerIdsMax: 8,
      producerIdExpirationMs: 1000,
      maintenanceIntervalMs: 1000,
    },
    () => undefined,
  );
  void link.run();
  return link;
}

function append(link: WorkerLink, byte: number, length: number): Promise<AppendResult> {
  return new Promise((resolve) => {
    link.submit(new AppendRequest(3, new Uint8Array(length).fill(byte), "all", ignored, resolve));
  });
}

function ignored(): void {}

describe("WorkerLink", () => {
  test("carries batches and their answers", async () => {
    const link = newLink();
    const worker = new ManualWorker(link);
    const answer = append(link, 7, 100);
    const [command] = await worker.take();
    expect(command).toMatchObject({ type: COMMAND.APPEND, partition: 3 });
    expect(command!.batch).toEqual(new Uint8Array(100).fill(7));
    worker.appended(command!, 42);
    expect(await answer).toEqual({
      errorCode: ErrorCode.NONE,
      baseOffset: 42,
      logAppendTimeMs: -1,
      logStartOffset: 0,
    });
    link.close();
  });

  test("looks at a batch until it is taken, and never after, however long it waits for room", async () => {
    const link = newLink(1000);
    const worker = new ManualWorker(link);
    const taken = new Array<number>(50).fill(0);
    const answers = Array.from({ length: 50 }, (_, i) => {
      const batch = new Uint8Array(300).fill(i);
      return new Promise<AppendResult>((resolve) => {
        const onTaken = (): void => {
          taken[i]!++;
          batch.fill(0xdd);
        };
        link.submit(new AppendRequest(3, batch, "all", onTaken, resolve));
      });
    });
    expect(taken.filter((count) => count > 0).length).toBe(3);
    for (let seen = 0; seen < 50; ) {
      for (const command of await worker.take()) {
        expect(command.batch).toEqual(new Uint8Array(300).fill(seen));
        expect(taken[seen]).toBe(1);
        worker.appended(command, seen++);
      }
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await Promise.all(answers);
    expect(taken).toEqual(new Array(50).fill(1));
    link.close();
  });

  test("lets every batch go once when the worker dies, before its result is there", async () => {
    const link = newLink(1000);
    const events: string[] = [];
    const answers = Array.from({ length: 5 }, (_, i) =>
      new Promise<AppendResult>((resolve) => {
        const batch = new Uint8Array(300).fill(i);
        link.submit(new AppendRequest(3, batch, "all", () => events.push(`taken ${i}`), resolve));
      }).then(() => events.push(`failed ${i}`)),
    );
    expect(events).toEqual(["taken 0", "taken 1", "taken 2"]);
    link.close();
    await Promise.all(answers);
    // Settled requests are told in no particular order; letting go comes before all of that.
    expect(events.slice(3, 5)).toEqual(["taken 3", "taken 4"]);
    expect(events.slice(5).sort()).toEqual([0, 1, 2, 3, 4].map((i) => `failed ${i}`));
  });

  test("keeps the order of appends when the arena is full, and loses none", async () => {
    const link = newLink(1000);
    const worker = new ManualWorker(link);
    const answers = Array.from({ length: 50 }, (_, i) => append(link, i, 300));
    const seen: number[] = [];
    while (seen.length < 50) {
      for (const command of await worker.take()) {
        expect(command.batch).toEqual(new Uint8Array(300).fill(seen.length));
        worker.appended(command, seen.length);
        seen.push(command.batch[0]!);
      }
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    const results = await Promise.all(answers);
    expect(results.map(({ baseOffset }) => baseOffset)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    link.close();
  });

  test("has at most REQUESTS_IN_FLIGHT_MAX requests under way; the others wait", async () => {
    const link = newLink(1 << 20);
    const worker = new ManualWorker(link);
    const answers = Array.from({ length: REQUESTS_IN_FLIGHT_MAX + 10 }, (_, i) => append(link, i & 255, 64));
    const first = await worker.take(10_000);
    expect(first.length).toBe(REQUESTS_IN_FLIGHT_MAX);
    for (const [i, command] of first.entries()) worker.appended(command, i);
    await answers[REQUESTS_IN_FLIGHT_MAX - 1];
    const rest = await worker.take();
    expect(rest.length).toBe(10);
    for (const [i, command] of rest.entries()) worker.appended(command, REQUESTS_IN_FLIGHT_MAX + i);
    expect((await answers.at(-1))!.baseOffset).toBe(REQUESTS_IN_FLIGHT_MAX + 9);
    link.close();
  });

  test("close() fails what is under way and what waits with KAFKA_STORAGE_ERROR", async () => {
    const link = newLink(1000);
    const answers = [append(link, 1, 600), append(link, 2, 600)];
    const lookup = new Promise<{ errorCode: number }>((resolve) => {
      link.submit(new EpochRequest(0, 1, resolve));
    });
    const control = new Promise<{ errorCode: number }>((resolve) => {
      link.submit(new ControlRequest(0, CONTROL.CLOSE, null, resolve));
    });
    link.close();
    for (const answer of [...answers, lookup, control]) {
      expect((await answer).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    }
    expect((await append(link, 3, 10)).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
  });

  test("close() ends the wait for completions, which would keep the link and its arena in memory for ever", async () => {
    const link = newLink();
    const ended = link.run();
    await Promise.resolve();
    link.close();
    await ended;
  }, 2000);
});
