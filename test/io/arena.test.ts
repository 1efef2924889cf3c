import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Arena } from "../../src/io/arena.ts";

describe("an arena", () => {
  test("gives out neighbours, so that a run of batches can be written by one call", () => {
    const arena = new Arena(100);
    expect([arena.reserve(10), arena.reserve(20), arena.reserve(30)]).toEqual([0, 10, 30]);
    expect(arena.usedBytes).toBe(60);
  });

  test("starts again at 0 when everything is released", () => {
    const arena = new Arena(100);
    arena.reserve(60);
    arena.releaseThrough(arena.token);
    expect(arena.reserve(100)).toBe(0);
  });

  test("leaves an end unused that is too short, and counts it as used until the pieces before it are free", () => {
    const arena = new Arena(100);
    arena.reserve(50);
    const first = arena.token;
    arena.reserve(30);
    expect(arena.reserve(40)).toBe(-1);
    arena.releaseThrough(first);
    expect(arena.reserve(40)).toBe(0);
    expect(arena.usedBytes).toBe(90);
    expect(arena.reserve(11)).toBe(-1);
    expect(arena.reserve(10)).toBe(40);
  });

  test("takes the newest reservation back, once, and not after a release", () => {
    const arena = new Arena(100);
    arena.reserve(40);
    const token = arena.token;
    arena.reserve(50);
    arena.cancel();
    expect(arena.token).toBe(token);
    expect(() => arena.cancel()).toThrow(/newest/);
    expect(arena.reserve(60)).toBe(40);
    arena.releaseThrough(token);
    expect(() => arena.cancel()).toThrow(/newest/);
  });

  test("ignores a token that is already released, and refuses one that was never given", () => {
    const arena = new Arena(100);
    arena.reserve(10);
    const token = arena.token;
    arena.releaseThrough(token);
    arena.reserve(10);
    arena.releaseThrough(token);
    expect(arena.usedBytes).toBe(10);
    expect(() => arena.releaseThrough(arena.token + 1)).toThrow(/reserved/);
  });

  test("refuses what can never fit", () => {
    const arena = new Arena(100);
    expect(() => arena.reserve(101)).toThrow(/fits/);
    expect(() => arena.reserve(0)).toThrow(/fits/);
  });
});

const CAPACITY = 64;
const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("reserve" as const),
        length: fc.integer({ min: 1, max: CAPACITY }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant("release" as const), count: fc.integer({ min: 1, max: 4 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("cancel" as const) }) },
  ),
  { maxLength: 120 },
);

test("live reservations never overlap, whatever is reserved, released and taken back", () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const arena = new Arena(CAPACITY);
      const live: { at: number; end: number; token: number }[] = [];
      let mayCancel = false;
      for (const step of sequence) {
        if (step.kind === "reserve") {
          const at = arena.reserve(step.length);
          const occupied = live.reduce((sum, piece) => sum + piece.end - piece.at, 0);
          if (at === -1) {
            expect(occupied, "an empty arena refuses nothing").toBeGreaterThan(0);
            continue;
          }
          const end = at + step.length;
          expect(end).toBeLessThanOrEqual(CAPACITY);
          for (const piece of live) expect(end <= piece.at || at >= piece.end).toBe(true);
          if (live.length === 0) expect(at).toBe(0);
          else expect([0, live.at(-1)!.end]).toContain(at);
          live.push({ at, end, token: arena.token });
          mayCancel = true;
        } else if (step.kind === "release") {
          const released = live.splice(0, step.count).at(-1);
          if (released === undefined) continue;
          arena.releaseThrough(released.token);
          mayCancel = false;
        } else if (mayCancel) {
          arena.cancel();
          live.pop();
          mayCancel = false;
        }
        expect(arena.usedBytes).toBeLessThanOrEqual(CAPACITY);
        if (live.length === 0) expect(arena.usedBytes).toBe(0);
      }
    }),
    { seed: 20_260_725, numRuns: 500 },
  );
});
