import type { Results, WorkloadResult } from "../suite/results.ts";
import { barPanels } from "./bar-panels.ts";
import { metricSpread, ratioTo, SUBJECT, SYSTEM_LABELS, shortName, systemsIn } from "./comparison.ts";
import { markup } from "./markup.ts";
import { formatMetric, formatMetricRange, formatRatio } from "./number-format.ts";
import { type Column, type Row, type RowGroup, systemTone } from "./row-chart.ts";
import type { Section } from "./section.ts";

const METRIC = "brokerCpuSecondsPerGigabyte";

const COLUMNS: readonly Column[] = [
  { header: "CPU-s/GB", width: 84, isStrong: true },
  { header: "min–max", width: 128 },
  { header: "Odradek ÷", width: 82 },
];

export function cpuSection({ workloads }: Results): Section | undefined {
  const panels = barPanels(workloads, {
    id: "cpu-chart",
    title: "Broker CPU time",
    columns: COLUMNS,
    unitOf: () => "broker CPU-s/GB",
    groupOf,
  });
  if (panels.length === 0) return undefined;
  const body = markup`
<p>User and system time of the broker process for 10<sup>9</sup> bytes of payload taken in or sent out; lower is better.
“Odradek ÷” is Odradek’s figure divided by the system’s, median of the rounds.</p>
${panels}`;
  return { id: "cpu", title: "CPU time", body };
}

function groupOf(workload: WorkloadResult): RowGroup | undefined {
  const rows = systemsIn([workload]).flatMap((system): Row[] => {
    const spread = metricSpread(workload, system, METRIC);
    if (spread === undefined) return [];
    const ratio = system === SUBJECT ? undefined : ratioTo(workload, system, METRIC);
    const median = formatMetric(METRIC, spread.median);
    const range = formatMetricRange(METRIC, spread);
    return [
      {
        label: SYSTEM_LABELS[system],
        tone: systemTone(system),
        bars: [{ spread }],
        cells: [
          median,
          spread.min === spread.max ? "" : range,
          ratio === undefined ? "" : formatRatio(ratio.spread.median),
        ],
        note: `${workload.name}, ${SYSTEM_LABELS[system]}: ${median} broker CPU-s/GB (${range})`,
      },
    ];
  });
  return rows.length === 0 ? undefined : { label: shortName(workload), rows };
}
