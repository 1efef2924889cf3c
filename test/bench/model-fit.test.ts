import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Feature, fitModel, fitRole, requestsPerRead } from "../../bench/model/fit.ts";
import { nonNegativeLeastSquares } from "../../bench/model/least-squares.ts";
import { experimentOf } from "./model-example.ts";

const cost = fc.double({ min: 0.1, max: 100, noNaN: true });
const amount = fc.integer({ min: 1, max: 1000 });

describe("nonNegativeLeastSquares()", () => {
  test("finds the coefficients that data without noise was made of, zeros included", () => {
    fc.assert(
      fc.property(
        fc.tuple(cost, fc.oneof(cost, fc.constant(0)), cost),
        fc.array(fc.tuple(amount, amount, amount), { minLength: 8, maxLength: 20 }),
        (costs, rows) => {
          fc.pre(isWellSpread(rows));
          const values = rows.map((row) => dot(row, costs));
          const found = nonNegativeLeastSquares(rows, values, values);
          for (const [index, value] of costs.entries()) expect(found[index]).toBeCloseTo(value, 4);
        },
      ),
    );
  });

  test("never gives a negative, and no other non-negative answer is better", () => {
    const number = fc.integer({ min: -50, max: 50 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(number, number, number), { minLength: 4, maxLength: 8 }),
        fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 8, maxLength: 8 }),
        fc.tuple(amount, amount, amount),
        (rows, numbers, other) => {
          const values = numbers.slice(0, rows.length);
          const found = nonNegativeLeastSquares(rows, values);
          expect(Math.min(...found)).toBeGreaterThanOrEqual(0);
          const best = errorOf(rows, values, found);
          const near = found.map((value, index) => value + other[index]! / 1e3);
          expect(errorOf(rows, values, other)).toBeGreaterThanOrEqual(best - 1e-6);
          expect(errorOf(rows, values, near)).toBeGreaterThanOrEqual(best - 1e-6);
          expect(errorOf(rows, values, [0, 0, 0])).toBeGreaterThanOrEqual(best - 1e-6);
        },
      ),
    );
  });

  test("gives all to one of two columns that say the same", () => {
    const found = nonNegativeLeastSquares(
      [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
      [2, 4, 6],
    );
    expect(found[0]! + found[1]!).toBeCloseTo(2);
  });
});

describe("fitRole()", () => {
  const features: readonly Feature[] = ["requests", "bytes", "wakeUps"];
  const truth = { requests: 4e-6, bytes: 0.4e-9, wakeUps: 11e-6 };
  const rows = [
    { requests: 100_000, bytes: 1e8, wakeUps: 90_000 },
    { requests: 80_000, bytes: 1.3e9, wakeUps: 4_000 },
    { requests: 20_000, bytes: 1.3e9, wakeUps: 15_000 },
    { requests: 1_000, bytes: 1e9, wakeUps: 900 },
    { requests: 50_000, bytes: 3e9, wakeUps: 30_000 },
  ];
  const experiments = rows.map((row, index) =>
    experimentOf({
      name: `row ${index}`,
      ...row,
      mainSeconds: dot(Object.values(row), Object.values(truth)),
    }),
  );

  test("finds what a main thread's time was made of, and has no error then", () => {
    const { coefficients, ranges, medianError } = fitRole(experiments, "main", features);
    for (const feature of ["requests", "bytes", "wakeUps"] as const) {
      expect(coefficients[feature]! / truth[feature]).toBeCloseTo(1, 6);
      expect(ranges[feature]![0] / truth[feature]).toBeCloseTo(1, 6);
    }
    expect(medianError).toBeCloseTo(0, 6);
  });

  test("states the error of every experiment; one that is held out has no say", () => {
    const odd = experimentOf({ name: "odd", ...rows[0]!, mainSeconds: 10, isHeldOut: true });
    const { coefficients, residuals, heldOutError } = fitRole([...experiments, odd], "main", features);
    expect(coefficients.requests! / truth.requests).toBeCloseTo(1, 6);
    expect(residuals).toHaveLength(experiments.length + 1);
    expect(heldOutError).toBeGreaterThan(0.8);
  });

  test("an experiment of no kind that is asked for gives a model of zeros, not an error", () => {
    expect(fitModel({ experiments: [] }).fetch.main.coefficients.requests).toBe(0);
  });
});

test("requests come together as far as they are sent together and fit a chunk", () => {
  const sent = { inFlight: 5, batchesPerRequest: 1 };
  expect(requestsPerRead({ ...sent, batchBytes: 1024 })).toBe(5);
  expect(requestsPerRead({ ...sent, batchBytes: 256 * 1024 })).toBe(2);
  expect(requestsPerRead({ ...sent, batchBytes: 1024 * 1024 })).toBe(1);
  expect(requestsPerRead({ ...sent, batchBytes: 64 * 1024, batchesPerRequest: 12 })).toBe(1);
});

/** Columns that differ enough for four digits to be found again. */
function isWellSpread(rows: readonly (readonly number[])[]): boolean {
  const pairs = [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const;
  return pairs.every(([a, b]) => {
    const ratios = rows.map((row) => row[a]! / row[b]!);
    return Math.max(...ratios) / Math.min(...ratios) > 2;
  });
}

function errorOf(
  rows: readonly (readonly number[])[],
  values: readonly number[],
  x: readonly number[],
): number {
  return rows.reduce((sum, row, index) => sum + (dot(row, x) - values[index]!) ** 2, 0);
}

function dot(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, value, index) => sum + value * other[index]!, 0);
}
