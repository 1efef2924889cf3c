import { describe, expect, test } from "vitest";
import { LatencySamples } from "../../bench/load/latency-samples.ts";

describe("latency samples", () => {
  test("percentiles are those of the nearest rank, whatever the order of the samples", () => {
    const samples = new LatencySamples(1000);
    for (let value = 1000; value >= 1; value--) samples.record(value);
    expect(samples.percentile(50)).toBe(500);
    expect(samples.percentile(99)).toBe(990);
    expect(samples.percentile(99.9)).toBe(999);
    expect(samples.percentile(100)).toBe(1000);
    expect(samples.percentile(0.01)).toBe(1);
  });

  test("one sample is every percentile, and none is no summary", () => {
    const samples = new LatencySamples(10);
    expect(samples.summary()).toBe(null);
    expect(() => samples.percentile(50)).toThrow();
    samples.record(7);
    expect(samples.summary()).toEqual({ count: 1, lost: 0, p50: 7, p99: 7, p999: 7, max: 7 });
  });

  test("a sample between two questions counts, one that does not fit is told, and clearing starts over", () => {
    const samples = new LatencySamples(3);
    samples.record(3);
    samples.record(1);
    expect(samples.percentile(50)).toBe(1);
    samples.record(2);
    expect(samples.percentile(50)).toBe(2);
    samples.record(1000);
    expect(samples.count).toBe(3);
    expect(samples.lost).toBe(1);
    expect(samples.percentile(100)).toBe(3);
    samples.clear();
    expect(samples.summary()).toBe(null);
  });
});
