import { METRICS, type MetricName } from "../suite/metrics.ts";
import type { Results, WorkloadResult } from "../suite/results.ts";
import { type Spread, spreadOf } from "../suite/statistics.ts";
import type { SystemName } from "../systems/system.ts";
import {
  byControl,
  byFamily,
  countedSamples,
  metricSpread,
  type Ratio,
  ratioTo,
  roofOf,
  SUBJECT,
  SYSTEM_LABELS,
  shareOfRoof,
  systemsIn,
  VERDICT_SIGNS,
} from "./comparison.ts";
import { type Markup, markup } from "./markup.ts";
import {
  formatBytes,
  formatMetric,
  formatMetricRange,
  formatRatio,
  formatRatioRange,
  formatShare,
} from "./number-format.ts";
import type { Section } from "./section.ts";
import { workloadNotes } from "./workload-notes.ts";

const ARROWS = { higher: "↑", lower: "↓" } as const;

const ACKNOWLEDGED: Readonly<Record<WorkloadResult["acknowledged"], string>> = {
  disk: "acknowledged from disk",
  "page cache": "acknowledged from the page cache",
  "not applicable": "nothing is acknowledged",
};

/** Every figure: a table for each family, a block of rows for each workload. */
export function tablesSection({ workloads }: Results): Section | undefined {
  if (workloads.length === 0) return undefined;
  const body = markup`
<p>Median (smallest–largest) of the samples that count. ↑ higher is better, ↓ lower is better; “÷” columns are Odradek’s figure
divided by the peer’s, round by round.</p>
<dl class="acknowledged">
<dt class="badge disk">acknowledged from disk</dt><dd>An acknowledged record is synced: it survives the loss of power.</dd>
<dt class="badge page-cache">acknowledged from the page cache</dt><dd>An acknowledged record is with the operating system: it
survives the end of the broker’s process, not the loss of power.</dd>
</dl>
${[...byFamily(workloads)].map(([family, members], index) => familyTable(family, members, index))}`;
  return { id: "figures", title: "All figures", body };
}

function familyTable(family: string, workloads: readonly WorkloadResult[], index: number): Markup {
  const systems = systemsIn(workloads);
  const peers = systems.includes(SUBJECT) ? systems.filter((system) => system !== SUBJECT) : [];
  const isWide = systems.length + peers.length > 4;
  return markup`<h3 id="figures-${index}">${family}</h3>
<div class="scroll"><table class="${isWide ? "figures wide" : "figures"}"><caption class="hidden">Figures of ${family}</caption>
<thead><tr><th scope="col">figure</th>${systems.map((system) => markup`<th scope="col">${SYSTEM_LABELS[system]}</th>`)}${peers.map(
    (peer) => markup`<th scope="col">÷ ${SYSTEM_LABELS[peer]}</th>`,
  )}</tr></thead>
${workloads.map((workload) => workloadRows(workload, systems, peers))}</table></div>
`;
}

function workloadRows(
  workload: WorkloadResult,
  systems: readonly SystemName[],
  peers: readonly SystemName[],
): Markup {
  const width = 1 + systems.length + peers.length;
  const metrics = metricsOf(workload);
  const notes = workloadNotes(workload);
  return markup`<tbody>
<tr class="workload"><th colspan="${width}" scope="rowgroup"><span class="title">${workload.name}</span>
<span class="badge ${workload.acknowledged.replace(" ", "-")}">${ACKNOWLEDGED[workload.acknowledged]}</span>
<span class="description">${workload.description}</span></th></tr>
${metrics.map((metric) => metricRow(workload, metric, systems, peers))}
${roofRows(workload, systems, peers)}
<tr class="count"><th scope="row">samples (dropped)</th>${systems.map((system) => countCell(workload, system))}${peers.map(
    () => markup`<td></td>`,
  )}</tr>
${controlRows(workload, width)}
${notes.length > 0 && markup`<tr class="notes"><td colspan="${width}"><ul>${notes}</ul></td></tr>`}
</tbody>
`;
}

/** The headline first, then the order of {@link METRICS}. */
function metricsOf(workload: WorkloadResult): MetricName[] {
  const names = (Object.keys(METRICS) as MetricName[]).filter(
    (name) =>
      name !== workload.headline && workload.samples.some(({ metrics }) => metrics[name] !== undefined),
  );
  return [workload.headline, ...names];
}

function metricRow(
  workload: WorkloadResult,
  metric: MetricName,
  systems: readonly SystemName[],
  peers: readonly SystemName[],
): Markup {
  const { label, better } = METRICS[metric];
  const figures = systems.map((system) => {
    const spread = metricSpread(workload, system, metric);
    if (spread === undefined) return markup`<td>–</td>`;
    return spreadCell(formatMetric(metric, spread.median), spread, formatMetricRange(metric, spread));
  });
  const ratios = peers.map((peer) => ratioCell(ratioTo(workload, peer, metric)));
  const isHeadline = metric === workload.headline;
  return markup`<tr class="${isHeadline ? "headline" : "plain"}"><th scope="row">${label}${better !== null && ` ${ARROWS[better]}`}</th>${figures}${ratios}</tr>
`;
}

function spreadCell(median: string, spread: Spread, range: string): Markup {
  const extent = spread.min === spread.max ? null : markup` <span class="range">(${range})</span>`;
  return markup`<td>${median}${extent}</td>`;
}

function ratioCell(ratio: Ratio | undefined): Markup {
  if (ratio === undefined) return markup`<td>–</td>`;
  const { spread, verdict } = ratio;
  const extent =
    ratio.rounds === 1 ? null : markup` <span class="range">(${formatRatioRange(spread)})</span>`;
  return markup`<td class="${verdict}">${VERDICT_SIGNS[verdict]} ${formatRatio(spread.median)}${extent}</td>`;
}

/** The share of the slowest control and, where there are several, of each. */
function roofRows(
  workload: WorkloadResult,
  systems: readonly SystemName[],
  peers: readonly SystemName[],
): (Markup | null)[] {
  const controls = byControl(workload);
  if (controls.size < 2) return [roofRow("the control", workload, systems, peers)];
  const each = [...controls].map(([name, alone]) => roofRow(name, alone, systems, peers));
  return [roofRow("the slowest control", workload, systems, peers), ...each];
}

function roofRow(
  name: string,
  workload: WorkloadResult,
  systems: readonly SystemName[],
  peers: readonly SystemName[],
): Markup | null {
  const roof = roofOf(workload);
  if (roof === undefined) return null;
  const cells = systems.map((system) => {
    const share = shareOfRoof(workload, system);
    if (share === undefined) return markup`<td>–</td>`;
    const range = `${formatShare(roof.metric, share.min)}–${formatShare(roof.metric, share.max)}`;
    return spreadCell(formatShare(roof.metric, share.median), share, range);
  });
  return markup`<tr class="plain"><th scope="row">${METRICS[roof.metric].label}${METRICS[roof.metric].better === "lower" ? ` ÷ ${name}` : `, share of ${name}`}</th>${cells}${peers.map(
    () => markup`<td></td>`,
  )}</tr>`;
}

function countCell(workload: WorkloadResult, system: SystemName): Markup {
  const all = workload.samples.filter((sample) => sample.system === system).length;
  const counted = countedSamples(workload, system).length;
  const failures = workload.failures.filter((failure) => failure.system === system).length;
  return markup`<td>${counted}${all > counted && markup` <span class="worse">(${all - counted})</span>`}${failures > 0 && markup` <span class="worse">${failures} failed</span>`}</td>`;
}

/** The controls themselves, one line each: they are not systems. */
function controlRows(workload: WorkloadResult, width: number): Markup[] {
  const groups = Map.groupBy(
    workload.controls.filter(({ isDropped }) => isDropped !== true),
    ({ control, blockBytes }) => JSON.stringify([control, blockBytes]),
  );
  return [...groups.values()].map((samples) => {
    const { control, blockBytes } = samples[0]!;
    const figures = (Object.keys(METRICS) as MetricName[]).flatMap((metric) => {
      const values = samples.map(({ metrics }) => metrics[metric]).filter((value) => value !== undefined);
      if (values.length === 0) return [];
      const spread = spreadOf(values);
      const label = METRICS[metric].label.replace(/^broker /, "");
      const figure = `${label} ${formatMetric(metric, spread.median)}`;
      return [`${figure} (${formatMetricRange(metric, spread)})`];
    });
    return markup`<tr class="control"><th scope="row">control ${control}</th><td colspan="${width - 1}">${formatBytes(blockBytes)} blocks, ${samples.length} measured: ${figures.join(", ")}</td></tr>
`;
  });
}
