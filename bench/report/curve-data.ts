import type { SampleResult, WorkloadResult } from "../suite/results.ts";
import { type Spread, spreadOf } from "../suite/statistics.ts";
import { SYSTEM_NAMES, type SystemName } from "../systems/system.ts";
import { countedSamples } from "./comparison.ts";

export type CurveResult = SampleResult["curves"][number];

/** Lines that share a chart. */
export interface CurvePanel {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xScale: CurveResult["xScale"];
  readonly yScale: CurveResult["yScale"];
  readonly series: readonly CurveSeries[];
}

/** One system and offered load (the curve's name), over the rounds. */
export interface CurveSeries {
  readonly system: SystemName;
  readonly name: string;
  /** The most rounds that stand behind one of its points. */
  readonly rounds: number;
  readonly points: readonly CurvePoint[];
}

export interface CurvePoint {
  readonly x: number;
  readonly y: Spread;
  readonly rounds: number;
}

interface Found {
  readonly workload: WorkloadResult;
  readonly system: SystemName;
  readonly curve: CurveResult;
}

/** Latency over percentile: a panel for each workload, a line for each system and offered load. */
export function percentilePanels(workloads: readonly WorkloadResult[]): CurvePanel[] {
  const found = findCurves(workloads).filter(({ curve }) => curve.xScale === "percentile");
  const panels = Map.groupBy(found, ({ workload, curve }) => keyOf(workload.name, ...axesOf(curve)));
  return [...panels.values()].map((members) => panelOf(members[0]!.workload.name, members));
}

/**
 * All other curves: a panel for each name. A workload may bring one point each, such as its number of partitions: curves
 * of one name are joined over the workloads of a family, unless two workloads state the same x.
 */
export function scalingPanels(family: string, workloads: readonly WorkloadResult[]): CurvePanel[] {
  const found = findCurves(workloads).filter(({ curve }) => curve.xScale !== "percentile");
  const groups = Map.groupBy(found, ({ curve }) => keyOf(curve.name, ...axesOf(curve)));
  return [...groups.values()].flatMap((members) => {
    const { name } = members[0]!.curve;
    if (canJoin(members)) return [panelOf(`${family}: ${name}`, members)];
    const own = Map.groupBy(members, ({ workload }) => workload);
    return [...own].map(([workload, curves]) => panelOf(`${workload.name}: ${name}`, curves));
  });
}

/**
 * Median over the rounds at every x that a round has. Percentiles that one round does not state are read from the line
 * between its neighbours; for other axes only measured points count.
 */
export function mergedPoints(curves: readonly CurveResult[]): CurvePoint[] {
  const all = [...new Set(curves.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const sorted = curves.map((curve) => ({
    isJoined: curve.xScale === "percentile",
    points: [...curve.points].sort(([a], [b]) => a - b),
  }));
  return all.map((x) => {
    const values = sorted
      .map(({ points, isJoined }) => valueAt(points, x, isJoined))
      .filter((value) => value !== undefined);
    return { x, y: spreadOf(values), rounds: values.length };
  });
}

function findCurves(workloads: readonly WorkloadResult[]): Found[] {
  return SYSTEM_NAMES.flatMap((system) =>
    workloads.flatMap((workload) =>
      countedSamples(workload, system).flatMap(({ curves }) =>
        curves.filter(({ points }) => points.length > 0).map((curve) => ({ workload, system, curve })),
      ),
    ),
  );
}

function panelOf(title: string, members: readonly Found[]): CurvePanel {
  const groups = Map.groupBy(members, ({ system, curve }) => keyOf(system, curve.name));
  const series = [...groups.values()].map((found) => {
    const { system, curve } = found[0]!;
    const points = mergedPoints(found.map((each) => each.curve));
    return { system, name: curve.name, rounds: Math.max(...points.map(({ rounds }) => rounds)), points };
  });
  const { xLabel, yLabel, xScale, yScale } = members[0]!.curve;
  return { title, xLabel, yLabel, xScale, yScale, series };
}

/** Whether every x comes from one workload only. */
function canJoin(members: readonly Found[]): boolean {
  const owners = new Map<number, WorkloadResult>();
  for (const { workload, curve } of members) {
    for (const [x] of curve.points) {
      if ((owners.get(x) ?? workload) !== workload) return false;
      owners.set(x, workload);
    }
  }
  return true;
}

function axesOf({ xLabel, yLabel, xScale, yScale }: CurveResult): string[] {
  return [xLabel, yLabel, xScale, yScale];
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

function valueAt(
  points: readonly (readonly [number, number])[],
  x: number,
  isJoined: boolean,
): number | undefined {
  const after = points.findIndex(([other]) => other >= x);
  if (after < 0) return undefined;
  const [x1, y1] = points[after]!;
  if (x1 === x) return y1;
  if (!isJoined || after === 0) return undefined;
  const [x0, y0] = points[after - 1]!;
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}
