import { METRICS, type MetricName } from "../suite/metrics.ts";
import type { SampleResult, WorkloadResult } from "../suite/results.ts";
import { SYSTEM_NAMES } from "../systems/system.ts";
import { SYSTEM_LABELS } from "./comparison.ts";
import { type Markup, markup } from "./markup.ts";
import { formatMetric, formatPercent } from "./number-format.ts";

/** Failures, dropped samples with their figures, remarks and settings of a workload, each a list item. */
export function workloadNotes(workload: WorkloadResult): Markup[] {
  return [
    ...failures(workload),
    ...controlFailures(workload),
    ...dropped(workload),
    ...droppedControls(workload),
    ...remarks(workload),
    ...settings(workload),
  ];
}

function failures({ failures }: WorkloadResult): Markup[] {
  return failures.map(
    ({ system, round, message }) =>
      markup`<li class="worse">✗ ${SYSTEM_LABELS[system]} failed in round ${round}: <span class="message">${message}</span></li>`,
  );
}

function controlFailures({ controlFailures = [] }: WorkloadResult): Markup[] {
  return controlFailures.map(
    ({ control, round, message }) =>
      markup`<li class="worse">✗ control ${control} failed in round ${round}: <span class="message">${message}</span></li>`,
  );
}

function droppedControls({ controls }: WorkloadResult): Markup[] {
  return controls
    .filter(({ isDropped }) => isDropped === true)
    .map(({ control, round, steal, metrics }) => {
      const figures = (Object.keys(metrics) as MetricName[]).map(
        (metric) => `, ${METRICS[metric].label} ${formatMetric(metric, metrics[metric]!)}`,
      );
      const stolen = steal === undefined ? "" : `, steal ${formatPercent(steal, 1)}`;
      return markup`<li>Dropped, not in the roof: control ${control}, round ${round}${stolen}${figures}</li>`;
    });
}

function dropped({ samples, headline }: WorkloadResult): Markup[] {
  return samples
    .filter(({ isDropped }) => isDropped)
    .map(({ system, round, steal, metrics }) => {
      const value = metrics[headline];
      const figure =
        value === undefined ? "" : `: ${METRICS[headline].label} ${formatMetric(headline, value)}`;
      return markup`<li>Dropped, not in the medians: ${SYSTEM_LABELS[system]}, round ${round}, steal ${formatPercent(steal, 1)}${figure}</li>`;
    });
}

/** The same words of several rounds are said once, with the rounds. */
function remarks({ samples }: WorkloadResult): Markup[] {
  return SYSTEM_NAMES.flatMap((system) => {
    const own = samples.filter((sample) => sample.system === system);
    const texts = new Set(own.flatMap((sample) => sample.remarks));
    return [...texts].map((text) => {
      const said = own.filter((sample) => sample.remarks.includes(text));
      return markup`<li>${SYSTEM_LABELS[system]}${roundsOf(said, own.length)}: ${text}</li>`;
    });
  });
}

function roundsOf(samples: readonly SampleResult[], all: number): string {
  if (samples.length === all) return all === 1 ? "" : " (every round)";
  return ` (round ${[...new Set(samples.map(({ round }) => round))].join(", ")})`;
}

function settings({ settings }: WorkloadResult): Markup[] {
  return SYSTEM_NAMES.flatMap((system) => {
    const own = Object.entries(settings[system] ?? {});
    if (own.length === 0) return [];
    const text = own.map(([name, value]) => `${name}=${value}`).join(" ");
    return [markup`<li>${SYSTEM_LABELS[system]} started with <code>${text}</code></li>`];
  });
}
