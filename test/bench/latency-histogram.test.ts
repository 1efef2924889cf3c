import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LatencyHistogram } from "../../bench/load/latency-histogram.ts";

const milliseconds = fc.double({ min: 0.2, max: 1_000_000, noNaN: true });
const percents = [0, 1, 50, 90, 99, 99.9, 100];

describe("LatencyHistogram", () => {
  test("percentiles lie within 1 % of the exact ones, whatever was recorded", () => {
    fc.assert(
      fc.property(fc.array(milliseconds, { minLength: 1, maxLength: 500 }), (values) => {
        const histogram = new LatencyHistogram();
        for (const value of values) histogram.record(value);
        const sorted = [...values].sort((a, b) => a - b);
        for (const percent of percents) {
          const exact = sorted[Math.max(Math.ceil((percent / 100) * sorted.length), 1) - 1]!;
          expect(Math.abs(histogram.percentileMs(percent) - exact) / exact).toBeLessThan(0.01);
        }
        expect(histogram.count).toBe(values.length);
        expect(histogram.maxMs).toBe(sorted.at(-1));
      }),
    );
  });

  test("percentiles never fall, and none is above the maximum", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e7, noNaN: true }), { minLength: 1 }), (values) => {
        const histogram = new LatencyHistogram();
        for (const value of values) histogram.record(value);
        const found = percents.map((percent) => histogram.percentileMs(percent));
        expect(found).toEqual([...found].sort((a, b) => a - b));
        expect(found.at(-1)).toBe(Math.max(...values));
      }),
    );
  });

  test("values below 256 µs are exact to the microsecond", () => {
    const histogram = new LatencyHistogram();
    for (let microseconds = 0; microseconds < 256; microseconds++) histogram.record(microseconds / 1000);
    for (let percent = 10; percent < 100; percent += 10)
      expect(histogram.percentileMs(percent)).toBe((Math.ceil(2.56 * percent) - 1) / 1000);
  });

  test("negative values and hours have their place at the ends", () => {
    const histogram = new LatencyHistogram();
    histogram.record(-1);
    histogram.record(10_000_000);
    histogram.record(10_000_000);
    expect(histogram.percentileMs(0)).toBe(0);
    expect(histogram.percentileMs(100)).toBe(10_000_000);
    expect(histogram.count).toBe(3);
  });

  test("a curve shows no percentile that is finer than the values are many", () => {
    const histogram = new LatencyHistogram();
    for (let index = 0; index < 200; index++) histogram.record(index);
    const shown = histogram.curve().map(([percent]) => percent);
    expect(shown).toContain(99.5);
    expect(shown).not.toContain(99.9);
    expect(shown.at(-1)).toBe(100);
  });

  test("nothing is left after clear()", () => {
    const histogram = new LatencyHistogram();
    histogram.record(5);
    histogram.clear();
    expect([histogram.count, histogram.maxMs, histogram.percentileMs(99)]).toEqual([0, 0, 0]);
  });
});
