import { describe, expect, test } from "vitest";
import { createNetCounters } from "../../src/net/net-counters.ts";
import { DEFAULT_NET_LIMITS } from "../../src/net/net-limits.ts";
import { type BudgetReader, RequestBudget } from "../../src/net/request-budget.ts";

describe("RequestBudget", () => {
  test("stops everyone at the limit and lets everyone go on at three quarters, in order", () => {
    const bed = new Bed(100);
    const [a, b] = [bed.reader(), bed.reader()];
    bed.budget.hold(100);
    bed.budget.dispatch(a, 100, 100);
    expect([a.reads, b.reads]).toEqual([false, false]);
    bed.budget.finish(20);
    expect([a.reads, b.reads]).toEqual([false, false]);
    bed.budget.finish(5);
    expect(bed.resumed).toEqual([a, b]);
  });

  test("full of partial frames, it lets the largest one be completed, and nobody else read", () => {
    const bed = new Bed(100);
    const [small, large, idle] = [bed.reader(), bed.reader(), bed.reader()];
    small.holds(40);
    large.holds(60);
    expect([small.reads, large.reads, idle.reads]).toEqual([false, true, false]);
    large.holds(30);
    large.completes(90, 90);
    expect([small.reads, large.reads, idle.reads]).toEqual([false, false, false]);
    bed.budget.finish(90);
    expect([small.reads, large.reads, idle.reads]).toEqual([true, true, true]);
  });

  test("gives no turn while handlers have half of the memory: they will free it", () => {
    const bed = new Bed(100);
    const [a, b] = [bed.reader(), bed.reader()];
    a.holds(50);
    a.completes(50, 50);
    b.holds(50);
    expect(b.reads).toBe(false);
    bed.budget.finish(1);
    expect(b.reads).toBe(true);
  });

  test("whoever does not complete its frame in its turn is told, and its memory goes to the others", () => {
    const bed = new Bed(100);
    const [trickler, honest] = [bed.reader(), bed.reader()];
    honest.holds(10);
    trickler.holds(90);
    bed.budget.sweep(1000);
    bed.budget.sweep(1000 + DEFAULT_NET_LIMITS.memoryTurnMsMax - 1);
    expect(trickler.hasMissedTurn).toBe(false);
    bed.budget.sweep(1000 + DEFAULT_NET_LIMITS.memoryTurnMsMax);
    expect(trickler.hasMissedTurn).toBe(true);
    trickler.leaves();
    expect(honest.reads).toBe(true);
    expect(bed.counters.queuedRequestBytes).toBe(10);
  });

  test("a turn passes on when its connection goes or no longer wants to read", () => {
    const bed = new Bed(100);
    const [first, second] = [bed.reader(), bed.reader()];
    first.holds(30);
    second.holds(70);
    expect(second.reads).toBe(true);
    bed.budget.leave(second);
    expect(first.reads).toBe(true);
  });
});

class Bed {
  readonly readers: Reader[] = [];
  readonly resumed: Reader[] = [];
  readonly counters = createNetCounters();
  readonly budget: RequestBudget;

  constructor(queuedRequestBytesMax: number) {
    const limits = { ...DEFAULT_NET_LIMITS, queuedRequestBytesMax };
    this.budget = new RequestBudget(limits, this.counters, () => {
      for (const reader of this.readers) reader.readingAllowedChanged();
    });
  }

  reader(): Reader {
    const reader = new Reader(this);
    this.readers.push(reader);
    return reader;
  }
}

class Reader implements BudgetReader {
  readonly #bed: Bed;
  heldBytes = 0;
  reads = true;
  hasMissedTurn = false;

  constructor(bed: Bed) {
    this.#bed = bed;
  }

  readingAllowedChanged(): void {
    const mayRead = this.#bed.budget.mayRead(this);
    if (mayRead && !this.reads) this.#bed.resumed.push(this);
    this.reads = mayRead;
    if (!mayRead) this.#bed.budget.wait(this);
  }

  turnMissed(): void {
    this.hasMissedTurn = true;
  }

  holds(bytes: number): void {
    this.heldBytes += bytes;
    this.#bed.budget.hold(bytes);
  }

  completes(heldBytes: number, requestBytes: number): void {
    this.heldBytes -= heldBytes;
    this.#bed.budget.dispatch(this, heldBytes, requestBytes);
  }

  leaves(): void {
    const held = this.heldBytes;
    this.heldBytes = 0;
    this.#bed.readers.splice(this.#bed.readers.indexOf(this), 1);
    this.#bed.budget.drop(held);
    this.#bed.budget.leave(this);
  }
}
