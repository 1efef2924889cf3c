import { array, assert, double, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { compareResults, isBeyondNoise } from "../../bench/suite/compare.ts";
import { rankSumProbability } from "../../bench/suite/rank-sum.ts";
import { resultsOf } from "./fakes.ts";

const rounds = array(double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 12 });

describe("isBeyondNoise()", () => {
  test("never calls equal rounds changed", () => {
    assert(property(rounds, (values) => isBeyondNoise(values, values) !== true));
  });

  test("calls a shift beyond the spread changed, from three rounds on", () => {
    const shifted = record({ values: rounds, more: double({ min: 1, max: 1e6, noNaN: true }) });
    assert(
      property(shifted, ({ values, more }) => {
        const shift = Math.max(...values) - Math.min(...values) + more;
        const after = values.map((value) => value + shift);
        const expected = values.length < 3 ? null : true;
        return isBeyondNoise(values, after) === expected && isBeyondNoise(after, values) === expected;
      }),
    );
  });

  test("does not depend on the direction or the order of rounds", () => {
    assert(
      property(rounds, rounds, (before, after) => {
        const verdict = isBeyondNoise(before, after);
        return (
          isBeyondNoise(after, before) === verdict && isBeyondNoise([...before].reverse(), after) === verdict
        );
      }),
    );
  });

  test("one round that strays does not hide a change, nor does it make one", () => {
    expect(isBeyondNoise([100, 101, 102, 103, 104, 105], [120, 121, 122, 123, 124, 103.5])).toBe(true);
    expect(isBeyondNoise([100, 101, 102, 103, 104], [100, 101, 102, 103, 180])).toBe(false);
  });
});

describe("rankSumProbability()", () => {
  test("agrees with the tables of the exact test", () => {
    expect(rankSumProbability([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])).toBeCloseTo(2 / 252, 12);
    expect(rankSumProbability([1, 2, 3], [4, 5, 6])).toBeCloseTo(2 / 20, 12);
    expect(rankSumProbability([1, 2, 3, 6], [4, 5, 7, 8])).toBeCloseTo(8 / 70, 12);
  });

  test("is 1 when all values are tied", () => {
    expect(rankSumProbability([7, 7, 7], [7, 7, 7, 7])).toBe(1);
  });

  test("is a probability, the same from both sides", () => {
    assert(
      property(rounds, rounds, (a, b) => {
        const p = rankSumProbability(a, b);
        return p > 0 && p <= 1 + 1e-12 && Math.abs(p - rankSumProbability(b, a)) < 1e-9;
      }),
    );
  });
});

describe("compareResults()", () => {
  const before = resultsOf({ "ingest/a": [100, 101, 102, 103, 104], "ingest/gone": [1] });

  test("finds nothing in a run compared with itself", () => {
    const { changes, warnings, unmatched } = compareResults(before, before);
    expect(
      changes.filter(({ verdict }) => verdict !== "within noise" && verdict !== "too few rounds"),
    ).toEqual([]);
    expect(changes.length).toBeGreaterThan(0);
    expect([warnings, unmatched]).toEqual([[], []]);
  });

  test("says how much, and whether it is for the better", () => {
    const after = resultsOf({ "ingest/a": [200, 202, 204, 206, 208] });
    const { changes, unmatched } = compareResults(before, after);
    const verdicts = changes.map(({ metric, relative, verdict }) => [metric, relative!.toFixed(2), verdict]);
    expect(verdicts).toEqual([
      ["megabytesPerSecond", "1.00", "better"],
      ["share", "1.00", "better"],
      ["latencyP99Ms", "-0.50", "better"],
    ]);
    expect(compareResults(after, before).changes.every(({ verdict }) => verdict === "worse")).toBe(true);
    expect(unmatched).toEqual(["ingest/gone"]);
  });

  test("a machine that became faster changes no share of the control", () => {
    const after = resultsOf({ "ingest/a": [200, 202, 204, 206, 208] });
    for (const control of after.workloads[0]!.controls) control.metrics.megabytesPerSecond = 2000;
    const share = compareResults(before, after).changes.find(({ metric }) => metric === "share");
    expect(share?.verdict).toBe("within noise");
  });

  test("a control that only one of the runs has changes no share", () => {
    const after = resultsOf({ "ingest/a": [100, 101, 102, 103, 104] });
    const { controls } = after.workloads[0]!;
    for (const control of [...controls])
      controls.push({ ...control, control: "bare-pwrite", metrics: { megabytesPerSecond: 200 } });
    const share = compareResults(before, after).changes.find(({ metric }) => metric === "share");
    expect(share).toMatchObject({ before: { median: 0.102 }, after: { median: 0.102 } });
  });

  test("warns when machine, options or versions differ", () => {
    const after = structuredClone(before);
    after.machine.cores = 4;
    after.options.seconds = 1;
    after.systems[0]!.version = "2.0";
    after.isComplete = false;
    expect(compareResults(before, after).warnings).toEqual([
      "the machine differs: cores 2 → 4",
      "an option differs: seconds 3 → 1",
      "the version of odradek differs: version 1.0 → 2.0",
      "the newer run was interrupted",
    ]);
  });

  test("does not count dropped samples", () => {
    const after = resultsOf({ "ingest/a": [100, 101, 102, 103, 9000] });
    after.workloads[0]!.samples[4]!.isDropped = true;
    const headline = compareResults(before, after).changes.find(({ isHeadline }) => isHeadline);
    expect(headline?.after.max).toBe(103);
  });
});
