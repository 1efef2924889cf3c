import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { linearScale, logScale, percentileScale, type Scale } from "../../bench/report/scale.ts";
import { wrapText } from "../../bench/report/svg-text.ts";

const RANGE = [40, 500] as const;

const positive = fc.double({ min: 1e-6, max: 1e13, noNaN: true });
const percentile = fc.double({ min: 0, max: 100, noNaN: true });

const SCALES = {
  linear: [
    (values: number[]) => linearScale(values, RANGE),
    fc.oneof(
      positive,
      positive.map((v) => -v),
      fc.constant(0),
    ),
  ],
  log: [(values: number[]) => logScale(values, RANGE), fc.oneof(positive, fc.constant(0))],
  percentile: [(values: number[]) => percentileScale(values, RANGE), percentile],
} as const;

function expectSound(scale: Scale, values: readonly number[]): void {
  const [from, to] = scale.domain;
  expect(scale.at(from)).toBeCloseTo(RANGE[0], 6);
  expect(scale.at(to)).toBeCloseTo(RANGE[1], 6);
  expect(scale.ticks.length).toBeGreaterThan(0);
  for (const { value } of scale.ticks) {
    expect(value).toBeGreaterThanOrEqual(from);
    expect(value).toBeLessThanOrEqual(to);
  }
  const places = values.toSorted((a, b) => a - b).map((value) => scale.at(value));
  for (const [index, place] of places.entries()) {
    expect(place).toBeGreaterThanOrEqual(RANGE[0] - 1e-6);
    expect(place).toBeLessThanOrEqual(RANGE[1] + 1e-6);
    if (index > 0) expect(place).toBeGreaterThanOrEqual(places[index - 1]! - 1e-9);
  }
}

describe("a scale", () => {
  test.each(Object.keys(SCALES) as (keyof typeof SCALES)[])(
    "%s: is monotone, fills its range and has its ticks inside the domain",
    (name) => {
      const [make, value] = SCALES[name];
      fc.assert(
        fc.property(fc.array(value, { maxLength: 20 }), (values) => expectSound(make(values), values)),
      );
    },
  );

  test("linear: starts at zero and ends at a nice number", () => {
    const scale = linearScale([870], RANGE);
    expect(scale.domain).toEqual([0, 1000]);
    expect(scale.ticks.map(({ label }) => label)).toEqual(["0", "200", "400", "600", "800", "1,000"]);
  });

  test("log: doubles take the same width everywhere", () => {
    const scale = logScale([0.5, 8], RANGE);
    expect(scale.at(2) - scale.at(1)).toBeCloseTo(scale.at(8) - scale.at(4), 6);
    expect(scale.ticks.map(({ value }) => value)).toEqual([0.5, 1, 2, 5, 10]);
  });

  test("percentile: each nine takes the same width, the maximum stands behind the last", () => {
    const scale = percentileScale([50, 90, 99, 99.9, 100], RANGE);
    expect(scale.at(99) - scale.at(90)).toBeCloseTo(scale.at(99.9) - scale.at(99), 6);
    expect(scale.ticks.map(({ label }) => label)).toEqual(["50", "90", "99", "99.9", "max"]);
    expect(scale.at(100)).toBe(RANGE[1]);
  });
});

describe("wrapText", () => {
  test("no line is longer than its room, and nothing is lost unless it says so", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 120 }), fc.integer({ min: 60, max: 400 }), (text, width) => {
        const lines = wrapText(text, width, 12, 3);
        expect(lines.length).toBeLessThanOrEqual(3);
        for (const line of lines) expect(line.length * 12 * 0.62).toBeLessThanOrEqual(width);
        if (!lines.at(-1)!.endsWith("…")) {
          expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
        }
      }),
    );
  });
});
