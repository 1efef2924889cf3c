import { describe, expect, test } from "vitest";
import { FileSpan } from "../../src/base/file-span.ts";
import type { FileDescriptor, FilePosition } from "../../src/base/units.ts";
import { createNetCounters } from "../../src/net/net-counters.ts";
import { JOINED_WRITE_BYTES_MAX, ROUND_BYTES_SHARED, TURN_BYTES_MAX } from "../../src/net/net-limits.ts";
import type { NetSocket } from "../../src/net/net-socket.ts";
import { ResponseQueue } from "../../src/net/response-queue.ts";
import { FLUSHED, ResponseWriter } from "../../src/net/response-writer.ts";
import { TurnScheduler } from "../../src/net/turn-scheduler.ts";
import { answer } from "./support.ts";

describe("TurnScheduler", () => {
  test("gives everyone one turn a round, however much one of them has to do", async () => {
    const scheduler = new TurnScheduler();
    const order: string[] = [];
    let left = 3;
    const large = { takeTurn: () => order.push("large") > 0 && --left > 0 };
    const small = { takeTurn: () => order.push("small") < 0 };
    scheduler.ask(large);
    scheduler.ask(small);
    scheduler.ask(large);
    await Promise.resolve();
    expect(order).toEqual(["large", "small"]);
    scheduler.ask(small);
    await nextLoopTurn();
    await nextLoopTurn();
    expect(order).toEqual(["large", "small", "large", "small", "large"]);
  });

  test("asks the event loop between two rounds", async () => {
    const scheduler = new TurnScheduler();
    let turns = 0;
    let turnsBeforeTimer = 0;
    const endless = { takeTurn: () => ++turns < 10_000 && turnsBeforeTimer === 0 };
    scheduler.ask(endless);
    await new Promise((resolve) => setTimeout(resolve, 1));
    turnsBeforeTimer = turns;
    expect(turns).toBeLessThan(10_000);
  });

  test("a round's bytes are shared, so that few get long turns and many get short ones", async () => {
    const given = async (takers: number): Promise<number[]> => {
      const scheduler = new TurnScheduler();
      const bytes: number[] = [];
      for (let taker = 0; taker < takers; taker++) {
        scheduler.ask({ takeTurn: (bytesMax) => bytes.push(bytesMax) < 0 });
      }
      await nextLoopTurn();
      return bytes;
    };
    expect(await given(1)).toEqual([ROUND_BYTES_SHARED]);
    expect(await given(2)).toEqual([ROUND_BYTES_SHARED / 2, ROUND_BYTES_SHARED / 2]);
    expect(new Set(await given(50))).toEqual(new Set([TURN_BYTES_MAX]));
  });

  test("who is forgotten gets no turn", async () => {
    const scheduler = new TurnScheduler();
    let turns = 0;
    const taker = { takeTurn: () => ++turns < 0 };
    scheduler.ask(taker);
    scheduler.forget(taker);
    await nextLoopTurn();
    expect(turns).toBe(0);
  });
});

describe("ResponseWriter", () => {
  test("ends a turn in the middle of a large span, although the socket would take all of it", () => {
    const queue = new ResponseQueue();
    const length = 5 * TURN_BYTES_MAX;
    queue.settle(queue.expect(1), answer(new FileSpan(3 as FileDescriptor, 0 as FilePosition, length)));
    const counters = createNetCounters();
    const writer = new ResponseWriter(
      { send: (_socket, _span, _at, lengthMax) => lengthMax, sendBefore: (_socket, _from, length) => length },
      true,
      counters,
    );
    let turns = 1;
    while (writer.flush(queue, greedySocket, TURN_BYTES_MAX) === FLUSHED.TURN_ENDED) {
      expect(counters.bytesOut).toBe(turns * TURN_BYTES_MAX);
      turns++;
    }
    expect(turns).toBe(6);
    expect(counters.bytesOut).toBe(4 + length);
  });

  test("ends a turn in the middle of many small responses", () => {
    const queue = new ResponseQueue();
    for (let count = 0; count < 100; count++) {
      queue.settle(queue.expect(1), answer(new Uint8Array(TURN_BYTES_MAX / 20)));
    }
    const counters = createNetCounters();
    const writer = new ResponseWriter({ send: () => 0, sendBefore: () => 0 }, true, counters);
    expect(writer.flush(queue, greedySocket, TURN_BYTES_MAX)).toBe(FLUSHED.TURN_ENDED);
    expect(counters.bytesOut).toBeLessThanOrEqual(TURN_BYTES_MAX + JOINED_WRITE_BYTES_MAX);
  });
});

describe("rounds of one look at the sockets", () => {
  test("have long turns once: a small request does not wait for one of each reader", async () => {
    const turns = new TurnScheduler();
    const given: number[] = [];
    const taker = () => ({ takeTurn: (bytesMax: number) => given.push(bytesMax) < 0 });
    // Each event of a look plans a round that runs before the next event.
    for (let event = 0; event < 4; event++) {
      turns.ask(taker());
      await Promise.resolve();
    }
    expect(given).toEqual([ROUND_BYTES_SHARED, TURN_BYTES_MAX, TURN_BYTES_MAX, TURN_BYTES_MAX]);
    await nextLoopTurn();
    turns.ask(taker());
    await Promise.resolve();
    expect(given.at(-1)).toBe(ROUND_BYTES_SHARED);
  });
});

const greedySocket = {
  write: (_bytes: Uint8Array, _at: number, length: number) => length,
} as unknown as NetSocket;

function nextLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
