import type { MetricName } from "../suite/metrics.ts";
import type { WorkloadResult } from "../suite/results.ts";
import { byFamily } from "./comparison.ts";
import { type Markup, markup } from "./markup.ts";
import { type Column, plotRange, type RowGroup, rowChart } from "./row-chart.ts";
import { linearScale } from "./scale.ts";

export interface BarPanels {
  /** Start of the ids on the page. */
  readonly id: string;
  /** Such as `Throughput`; the family and the unit are added. */
  readonly title: string;
  readonly columns: readonly Column[];
  readonly unitOf: (workload: WorkloadResult) => string;
  /** Undefined: the workload has nothing for this chart. */
  readonly groupOf: (workload: WorkloadResult) => RowGroup | undefined;
}

/** A roof further away than this factor is an arrow, so that it does not flatten the bars. */
const ROOF_FACTOR_MAX = 2.5;

/** One chart of horizontal bars from zero for each family and unit, each with an axis of its own. */
export function barPanels(workloads: readonly WorkloadResult[], panels: BarPanels): Markup[] {
  const figures: Markup[] = [];
  for (const [family, members] of byFamily(workloads)) {
    for (const unit of new Set(members.map(panels.unitOf))) {
      const groups = members
        .filter((workload) => panels.unitOf(workload) === unit)
        .map(panels.groupOf)
        .filter((group) => group !== undefined);
      if (groups.length === 0) continue;
      figures.push(panel(panels, `${panels.id}-${figures.length}`, `${family}: ${unit}`, groups));
    }
  }
  return figures;
}

/** Throughput metrics, for the workloads whose headline is one. */
export const THROUGHPUT: ReadonlySet<MetricName> = new Set<MetricName>([
  "megabytesPerSecond",
  "messagesPerSecond",
  "requestsPerSecond",
]);

function panel({ title, columns }: BarPanels, id: string, caption: string, groups: RowGroup[]): Markup {
  const rows = groups.flatMap((group) => group.rows);
  const ends = rows.flatMap(({ bars }) => bars.map(({ spread }) => spread.max));
  const largest = Math.max(0, ...ends);
  const roofs = groups.flatMap(({ roof }) => (roof === undefined ? [] : [roof.value]));
  const near = roofs.filter((value) => value <= largest * ROOF_FACTOR_MAX);
  const chart = rowChart({
    id,
    title: `${title}, ${caption}`,
    description: rows.map(({ note }) => note).join("; "),
    columns,
    groups,
    scale: linearScale([largest, ...near], plotRange(columns)),
    baseline: 0,
  });
  return markup`<figure><figcaption>${caption}</figcaption><div class="scroll">${chart}</div></figure>`;
}
