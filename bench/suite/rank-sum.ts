import { assert } from "../../src/base/assert.ts";

/** Above it the counts would lose precision; the suite's rounds stay far below. */
const VALUES_MAX = 400;

/**
 * Mann–Whitney's rank-sum test: how probable ranks at least as far apart as these are when both samples come from one
 * distribution. Two-sided and exact, also with ties: every way to split the pooled ranks is counted. 0 to 1.
 */
export function rankSumProbability(a: readonly number[], b: readonly number[]): number {
  assert(
    a.length > 0 && b.length > 0 && a.length + b.length <= VALUES_MAX,
    "both sides have values, not too many",
  );
  const ranks = doubledRanks([...a, ...b]);
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const observed = ranks.slice(0, a.length).reduce((sum, rank) => sum + rank, 0);
  const expected = (total * a.length) / ranks.length;
  const distance = Math.abs(observed - expected);
  let asFar = 0;
  let all = 0;
  for (const [sum, ways] of waysToSum(ranks, a.length).entries()) {
    all += ways;
    if (Math.abs(sum - expected) >= distance - 1e-9) asFar += ways;
  }
  return asFar / all;
}

/** Twice the rank of each value; tied values share their mean rank, which doubling keeps whole. */
function doubledRanks(values: readonly number[]): number[] {
  const sorted = [...values].sort((x, y) => x - y);
  return values.map((value) => sorted.indexOf(value) + 1 + (sorted.lastIndexOf(value) + 1));
}

/** How many subsets of `count` ranks have each sum, by index. */
function waysToSum(ranks: readonly number[], count: number): Float64Array {
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const ways = Array.from({ length: count + 1 }, () => new Float64Array(total + 1));
  ways[0]![0] = 1;
  for (const rank of ranks)
    for (let size = count; size >= 1; size--)
      for (let sum = total; sum >= rank; sum--) ways[size]![sum]! += ways[size - 1]![sum - rank]!;
  return ways[count]!;
}
