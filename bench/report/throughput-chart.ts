import { METRICS } from "../suite/metrics.ts";
import type { Results, WorkloadResult } from "../suite/results.ts";
import type { SystemName } from "../systems/system.ts";
import { barPanels, THROUGHPUT } from "./bar-panels.ts";
import { metricSpread, roofOf, SYSTEM_LABELS, shareOfRoof, shortName, systemsIn } from "./comparison.ts";
import { markup } from "./markup.ts";
import { formatMetric, formatMetricRange, formatPercent } from "./number-format.ts";
import { type Column, type Row, type RowGroup, systemTone } from "./row-chart.ts";
import type { Section } from "./section.ts";

const COLUMNS: readonly Column[] = [
  { header: "median", width: 84, isStrong: true },
  { header: "min–max", width: 148 },
  { header: "of roof", width: 62 },
];

/** Workloads whose headline is a throughput: open-loop loads only reach what was offered. */
export function throughputSection({ workloads }: Results): Section | undefined {
  const panels = barPanels(
    workloads.filter(({ headline }) => THROUGHPUT.has(headline)),
    {
      id: "throughput-chart",
      title: "Throughput",
      columns: COLUMNS,
      unitOf: ({ headline }) => METRICS[headline].label,
      groupOf,
    },
  );
  if (panels.length === 0) return undefined;
  const body = markup`
<p>Median of the rounds, whiskers from the smallest to the largest. <span class="roof-key"></span> is the roof: the slowest of
the workload’s controls, which move the same bytes without a broker in the same round; an arrow at the edge when it is far
beyond the bars. “Of roof” is the median of each round’s share.</p>
${panels}`;
  return { id: "throughput", title: "Throughput", body };
}

function groupOf(workload: WorkloadResult): RowGroup | undefined {
  const rows = systemsIn([workload]).map((system) => rowOf(workload, system));
  if (rows.every(({ bars }) => bars.length === 0)) return undefined;
  const roof = roofOf(workload);
  const isSameUnit = roof?.metric === workload.headline;
  return {
    label: shortName(workload),
    rows,
    roof:
      roof === undefined || !isSameUnit
        ? undefined
        : { value: roof.spread.median, label: `roof: ${formatMetric(roof.metric, roof.spread.median)}` },
  };
}

function rowOf(workload: WorkloadResult, system: SystemName): Row {
  const { headline } = workload;
  const base = { label: SYSTEM_LABELS[system], tone: systemTone(system) };
  const spread = metricSpread(workload, system, headline);
  if (spread === undefined) {
    const hasFailed = workload.failures.some((failure) => failure.system === system);
    return {
      ...base,
      bars: [],
      cells: [],
      note: hasFailed ? "failed, see the table" : "every sample was dropped",
    };
  }
  const share = shareOfRoof(workload, system);
  const median = formatMetric(headline, spread.median);
  const range = formatMetricRange(headline, spread);
  return {
    ...base,
    bars: [{ spread }],
    cells: [
      median,
      spread.min === spread.max ? "" : range,
      share === undefined ? "" : formatPercent(share.median),
    ],
    note: `${workload.name}, ${base.label}: ${median} ${METRICS[headline].label} (${range})`,
  };
}
