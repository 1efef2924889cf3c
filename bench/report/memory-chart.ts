import type { Results, WorkloadResult } from "../suite/results.ts";
import { barPanels } from "./bar-panels.ts";
import { metricSpread, SYSTEM_LABELS, shortName, systemsIn } from "./comparison.ts";
import { markup } from "./markup.ts";
import { formatMetric, formatMetricRange } from "./number-format.ts";
import { type Column, type Row, type RowGroup, systemTone } from "./row-chart.ts";
import type { Section } from "./section.ts";

const COLUMNS: readonly Column[] = [
  { header: "RSS", width: 74, isStrong: true },
  { header: "peak", width: 74, isStrong: true },
  { header: "peak min–max", width: 128 },
];

export function memorySection({ workloads }: Results): Section | undefined {
  const panels = barPanels(workloads, {
    id: "memory-chart",
    title: "Resident memory of the broker",
    columns: COLUMNS,
    unitOf: () => "RSS, MB",
    groupOf,
  });
  if (panels.length === 0) return undefined;
  const body = markup`
<p>Resident memory of the broker process in 10<sup>6</sup> bytes: solid is the RSS as the workload states it (idle, where nothing is
sent), pale its peak (VmHWM) while the sample ran; lower is better.</p>
${panels}`;
  return { id: "memory", title: "Memory", body };
}

function groupOf(workload: WorkloadResult): RowGroup | undefined {
  const rows = systemsIn([workload]).flatMap((system): Row[] => {
    const resident = metricSpread(workload, system, "residentMegabytes");
    const peak = metricSpread(workload, system, "residentPeakMegabytes");
    const bars = [
      ...(peak === undefined ? [] : [{ spread: peak, isPale: true }]),
      ...(resident === undefined ? [] : [{ spread: resident }]),
    ];
    if (bars.length === 0) return [];
    const cells = [
      resident === undefined ? "" : formatMetric("residentMegabytes", resident.median),
      peak === undefined ? "" : formatMetric("residentPeakMegabytes", peak.median),
      peak === undefined ? "" : formatMetricRange("residentPeakMegabytes", peak),
    ];
    const label = SYSTEM_LABELS[system];
    const note = `${workload.name}, ${label}: RSS ${cells[0] || "not measured"}, peak ${cells[1] || "not measured"} MB`;
    return [{ label, tone: systemTone(system), bars, cells, note }];
  });
  return rows.length === 0 ? undefined : { label: shortName(workload), rows };
}
