import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CONCURRENT_READS_MAX, planFetch } from "../../src/api/fetch/plan-fetch.ts";

const SEED = 20_260_101;

interface Target {
  readonly wanted: { readonly bytesMax: number };
  /** Sizes of the batches that wait in this partition: there is always one, else nobody would read it. */
  readonly batches: readonly number[];
}

const target = fc.record({
  wanted: fc.record({ bytesMax: fc.nat(200) }),
  batches: fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 6 }),
});
const targets = fc.array(target, { maxLength: 20 });
const bytesMax = fc.nat(600);

/** What a worker returns: whole batches within the budget, or the first one anyway. */
function read(batches: readonly number[], budget: number, minOneBatch: boolean): number {
  let bytes = 0;
  for (const batch of batches) {
    if (bytes + batch > budget && !(minOneBatch && bytes === 0)) break;
    bytes += batch;
  }
  return bytes;
}

/** Kafka's way: one partition after the other, each with what the earlier ones have left. */
function readOneByOne(all: readonly Target[], limit: number): number[] {
  let left = limit;
  let found = 0;
  return all.map(({ wanted, batches }) => {
    const bytes = read(batches, Math.min(wanted.bytesMax, left), found === 0);
    left = Math.max(0, left - bytes);
    found += bytes;
    return bytes;
  });
}

/** Our way: rounds of reads at the same time. */
function readInRounds(all: readonly Target[], limit: number): { taken: number[]; rounds: number } {
  const taken = all.map(() => 0);
  let waiting = [...all.keys()];
  let bytes = 0;
  let rounds = 0;
  for (;;) {
    const reads = planFetch(
      waiting.map((index) => ({ ...all[index]!, index })),
      limit - bytes,
      bytes === 0,
    );
    if (reads.length === 0) return { taken, rounds };
    rounds++;
    for (const { target, bytesMax: budget, minOneBatch } of reads) {
      const got = read(target.batches, budget, minOneBatch);
      const exceeds = bytes > 0 && bytes + got > limit;
      taken[target.index] = exceeds ? 0 : got;
      bytes += exceeds ? 0 : got;
    }
    waiting = waiting.slice(reads.length);
  }
}

describe("planFetch()", () => {
  test("never plans more than the limit, and asks for a whole batch of the first one only", () => {
    fc.assert(
      fc.property(targets, bytesMax, fc.boolean(), (all, limit, foundNothing) => {
        const reads = planFetch(all, limit, foundNothing);
        const budgets = reads.map((planned) => planned.bytesMax);
        expect(budgets.reduce((sum, budget) => sum + budget, 0)).toBeLessThanOrEqual(limit);
        for (const [index, planned] of reads.entries()) {
          expect(planned.target).toBe(all[index]);
          expect(planned.bytesMax).toBeLessThanOrEqual(planned.target.wanted.bytesMax);
          expect(planned.minOneBatch).toBe(foundNothing && index === 0);
        }
      }),
      { seed: SEED },
    );
  });

  test("always makes progress while nothing is found or something is left", () => {
    fc.assert(
      fc.property(targets, bytesMax, (all, limit) => {
        fc.pre(all.length > 0);
        expect(planFetch(all, limit, true).length).toBeGreaterThan(0);
        if (limit > 0) expect(planFetch(all, limit, false).length).toBeGreaterThan(0);
        expect(planFetch(all, 0, false)).toEqual([]);
        expect(planFetch(all, -5, false)).toEqual([]);
      }),
      { seed: SEED },
    );
  });

  test("gives every partition what reading them one by one would give it", () => {
    fc.assert(
      fc.property(targets, bytesMax, (all, limit) => {
        const firstExceeds =
          all.length > 0 && readOneByOne(all, limit)[0]! > Math.min(all[0]!.wanted.bytesMax, limit);
        const { taken } = readInRounds(all, limit);
        const total = taken.reduce((sum, bytes) => sum + bytes, 0);
        if (firstExceeds) expect(total).toBeLessThanOrEqual(Math.max(limit, taken[0]!));
        else expect(taken).toEqual(readOneByOne(all, limit));
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test("takes one round for a dozen partitions whose limits fit together", () => {
    const dozen = Array.from({ length: 12 }, () => ({ wanted: { bytesMax: 1 << 20 }, batches: [100] }));
    expect(planFetch(dozen, 50 << 20, true)).toHaveLength(12);
  });

  test("bounds the reads that are under way at once", () => {
    const many = Array.from({ length: 1000 }, () => ({ wanted: { bytesMax: 1 } }));
    expect(planFetch(many, 1 << 20, true)).toHaveLength(CONCURRENT_READS_MAX);
  });
});
