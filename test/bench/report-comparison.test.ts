import { describe, expect, test } from "vitest";
import { metricSpread, ratioTo, roofOf, shareOfRoof } from "../../bench/report/comparison.ts";
import { mergedPoints, percentilePanels, scalingPanels } from "../../bench/report/curve-data.ts";
import type { SampleResult } from "../../bench/suite/results.ts";
import { exampleSample, exampleWorkload, threeRounds } from "./report-example.ts";

type CurveResult = SampleResult["curves"][number];

function curve(overrides: Partial<CurveResult>): CurveResult {
  return {
    name: "p99",
    xLabel: "partitions",
    yLabel: "ms",
    xScale: "log",
    yScale: "log",
    points: [],
    ...overrides,
  };
}

describe("a comparison", () => {
  test("divides the values of the same round", () => {
    const ratio = ratioTo(threeRounds(), "kafka")!;
    expect(ratio.spread).toEqual({ median: 2, min: 0.5, max: 3 });
    expect(ratio).toMatchObject({ rounds: 3, verdict: "undecided", isBehind: false });
  });

  test("leaves dropped samples out of medians and ratios", () => {
    const workload = threeRounds();
    workload.samples[4]!.isDropped = true;
    expect(metricSpread(workload, "odradek", "megabytesPerSecond")).toEqual({
      median: 250,
      min: 200,
      max: 300,
    });
    const ratio = ratioTo(workload, "kafka")!;
    expect(ratio.spread).toEqual({ median: 2.5, min: 2, max: 3 });
    expect(ratio).toMatchObject({ rounds: 2, verdict: "better" });
  });

  test("takes the median of a system that a round measured twice", () => {
    const workload = threeRounds();
    workload.samples.push(exampleSample({ round: 1, metrics: { megabytesPerSecond: 400 } }));
    expect(ratioTo(workload, "kafka")!.spread.max).toBe(3);
    expect(ratioTo(workload, "kafka")!.spread.median).toBe(3);
  });

  test("a latency above the peer's is behind", () => {
    const workload = exampleWorkload({
      headline: "latencyP99Ms",
      samples: [
        exampleSample({ metrics: { latencyP99Ms: 4 } }),
        exampleSample({ system: "kafka", metrics: { latencyP99Ms: 2 } }),
      ],
    });
    expect(ratioTo(workload, "kafka")).toMatchObject({ verdict: "worse", isBehind: true, rounds: 1 });
    expect(ratioTo(workload, "redis")).toBeUndefined();
  });

  test("the roof is the slowest control of each round that was not dropped", () => {
    const workload = threeRounds();
    const base = { control: "bare-pwrite", blockBytes: 65_536, metrics: { megabytesPerSecond: 200 } };
    workload.controls.push({ ...base, round: 1 }, { ...base, round: 2, isDropped: true });
    expect([...roofOf(workload)!.rounds.values()]).toEqual([200, 400, 400]);
    expect(shareOfRoof(workload, "odradek")).toEqual({ median: 0.75, min: 0.25, max: 1 });
  });

  test("a latency is not held against a control of throughput", () => {
    expect(roofOf(threeRounds({ headline: "latencyP99Ms" }))).toBeUndefined();
  });

  test("a divisor of zero has no ratio", () => {
    const workload = threeRounds();
    for (const sample of workload.samples) sample.metrics = { megabytesPerSecond: 0 };
    expect(ratioTo(workload, "kafka")).toBeUndefined();
  });
});

describe("curves", () => {
  test("are merged by the median of the rounds; only percentiles are read between points", () => {
    const rounds = [10, 30].map((y) =>
      curve({
        points: [
          [1, y],
          [100, y],
        ],
      }),
    );
    const third = curve({
      points: [
        [1, 20],
        [10, 7],
        [100, 20],
      ],
    });
    const points = mergedPoints([...rounds, third]);
    expect(points.map(({ x, y }) => [x, y.median])).toEqual([
      [1, 20],
      [10, 7],
      [100, 20],
    ]);
    const asPercentiles = [...rounds, third].map((each) => ({ ...each, xScale: "percentile" as const }));
    expect(mergedPoints(asPercentiles)[1]!.y).toEqual({ median: 10, min: 7, max: 30 });
  });

  test("of one name are joined over the workloads of a family", () => {
    const workloads = [1, 10, 100].map((partitions) =>
      exampleWorkload({
        name: `partitions/${partitions}`,
        family: "partitions",
        samples: [exampleSample({ curves: [curve({ points: [[partitions, partitions * 2]] })] })],
      }),
    );
    const [panel, ...rest] = scalingPanels("partitions", workloads);
    expect(rest).toEqual([]);
    expect(panel!.series[0]!.points.map(({ x, y }) => [x, y.median])).toEqual([
      [1, 2],
      [10, 20],
      [100, 200],
    ]);
    expect(percentilePanels(workloads)).toEqual([]);
  });

  test("are not joined when two workloads state the same x", () => {
    const workloads = ["idle", "busy"].map((name) =>
      exampleWorkload({
        name: `connections/${name}`,
        family: "connections",
        samples: [exampleSample({ curves: [curve({ points: [[1, 2]] })] })],
      }),
    );
    expect(scalingPanels("connections", workloads).map(({ title }) => title)).toEqual([
      "connections/idle: p99",
      "connections/busy: p99",
    ]);
  });
});
