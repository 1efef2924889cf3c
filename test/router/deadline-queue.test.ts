import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  DEADLINE_TICK_MS,
  type Deadlined,
  DeadlineQueue,
  NOT_QUEUED,
} from "../../src/router/deadline-queue.ts";

class Entry implements Deadlined {
  deadlineMs = 0;
  deadlineAt: number = NOT_QUEUED;
  dueMs = 0;
  endedMs: number[] = [];
}

let nowMs = 0;
const clock = () => nowMs;

beforeEach(() => {
  nowMs = 0;
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

/** Timers fire on whole milliseconds of their own; the clock has fractions. */
function pass(ms: number): void {
  for (let step = 0; step < ms; step++) {
    nowMs += 1;
    vi.advanceTimersByTime(1);
  }
}

type Step = { readonly kind: "add" | "remove" | "pass"; readonly number: number };

const steps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom("add", "add", "remove", "pass"),
    number: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 400 })),
  }),
  { maxLength: 80 },
);

describe("DeadlineQueue", () => {
  test("ends everyone once, never early, at most a tick late, and nobody who was removed", () => {
    fc.assert(
      fc.property(steps, fc.double({ min: 0, max: 0.999, noNaN: true }), (plan, fraction) => {
        nowMs = fraction;
        const waiting = new Set<Entry>();
        const all: Entry[] = [];
        const queue = new DeadlineQueue<Entry>((entry) => {
          expect(waiting.delete(entry)).toBe(true);
          expect(entry.deadlineAt).toBe(NOT_QUEUED);
          entry.endedMs.push(nowMs);
        }, clock);
        for (const { kind, number } of plan) {
          if (kind === "pass") pass(number);
          else if (kind === "add") {
            const entry = new Entry();
            entry.dueMs = nowMs + number;
            queue.add(entry, number);
            waiting.add(entry);
            all.push(entry);
          } else {
            const entry = all[number % Math.max(all.length, 1)];
            if (entry !== undefined) queue.remove(entry);
            if (entry !== undefined) waiting.delete(entry);
          }
          expect(queue.size).toBe(waiting.size);
          expect(queue.hasTimer).toBe(waiting.size > 0);
          expect(vi.getTimerCount()).toBe(waiting.size > 0 ? 1 : 0);
          for (const entry of waiting) expect(entry.dueMs).toBeGreaterThan(nowMs - DEADLINE_TICK_MS - 1);
        }
        pass(500);
        expect(waiting.size).toBe(0);
        expect(vi.getTimerCount()).toBe(0);
        for (const { endedMs, dueMs } of all) {
          expect(endedMs.length).toBeLessThanOrEqual(1);
          for (const ended of endedMs) {
            expect(ended).toBeGreaterThanOrEqual(dueMs);
            expect(ended).toBeLessThanOrEqual(dueMs + DEADLINE_TICK_MS + 1);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("who became due while others took their time to end is a tick late, not as late as they were slow", () => {
    const ended: number[] = [];
    const queue = new DeadlineQueue<Entry>(() => {
      ended.push(nowMs);
      // The clock goes on while callbacks run; timers do not.
      if (ended.length === 1) nowMs += 100;
    }, clock);
    queue.add(new Entry(), 10);
    queue.add(new Entry(), 100);
    pass(300);
    expect(ended).toHaveLength(2);
    expect(ended[1]! - ended[0]!).toBeLessThanOrEqual(100 + DEADLINE_TICK_MS + 1);
  });

  test("many deadlines cost few timers", () => {
    let rounds = 0;
    let lastMs = -1;
    const queue = new DeadlineQueue<Entry>(() => {
      if (nowMs !== lastMs) rounds++;
      lastMs = nowMs;
    }, clock);
    for (let at = 0; at < 1000; at++) queue.add(new Entry(), 100 + at / 10);
    pass(300);
    expect(queue.size).toBe(0);
    expect(rounds).toBeLessThanOrEqual(100 / DEADLINE_TICK_MS + 2);
  });

  test("who is added again while deadlines end gets its whole time", () => {
    const ended: number[] = [];
    const queue = new DeadlineQueue<Entry>((entry) => {
      ended.push(nowMs);
      if (ended.length < 3) queue.add(entry, 50);
    }, clock);
    queue.add(new Entry(), 50);
    pass(400);
    expect(ended).toEqual([50, 100, 150]);
    expect(queue.hasTimer).toBe(false);
  });

  test("a deadline beyond what a timer can count is not early", () => {
    const queue = new DeadlineQueue<Entry>(() => expect.unreachable(), clock);
    const entry = new Entry();
    queue.add(entry, 2 ** 40);
    pass(50);
    expect(queue.size).toBe(1);
    queue.remove(entry);
    expect(queue.hasTimer).toBe(false);
  });
});
