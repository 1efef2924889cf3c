import type { CliIo } from "../../src/cli/cli-io.ts";
import { formatTable } from "../../src/cli/tables.ts";
import {
  byFamily,
  metricSpread,
  ratioTo,
  SUBJECT,
  sharesInWords,
  shortName,
  systemsIn,
} from "../report/comparison.ts";
import type { SystemName } from "../systems/system.ts";
import { METRICS, type MetricName } from "./metrics.ts";
import type { Results, WorkloadResult } from "./results.ts";
import { formatSpread, type Spread } from "./statistics.ts";

/** The tables at the end of a run, one for each family, and below them everything that did not go as planned. */
export function summaryTables(io: CliIo, results: Results): string {
  const families = [...byFamily(results.workloads)].map(([family, workloads]) =>
    familyTable(io, family, workloads),
  );
  return [...families, ...problemLines(results)].join("\n");
}

function familyTable(io: CliIo, family: string, workloads: readonly WorkloadResult[]): string {
  const systems = systemsIn(workloads);
  const peers = systems.filter((name) => name !== SUBJECT);
  const head = [
    family,
    "acknowledged",
    "system",
    "median (min–max)",
    "share of control",
    ...peers.map((peer) => `ratio to ${peer}`),
    METRICS.brokerCpuSecondsPerGigabyte.label,
    METRICS.residentMegabytes.label,
  ];
  const rows = workloads.flatMap((workload) =>
    systemsIn([workload]).map((system, index) => [
      index === 0 ? shortName(workload) : "",
      index === 0 ? workload.acknowledged : "",
      system,
      headline(workload, system),
      sharesInWords(workload, system, (share) => formatSpread(share, 2)).join("\n") || NOTHING,
      ...peers.map((peer) => (system === SUBJECT ? spreadText(ratioTo(workload, peer)?.spread, 2) : NOTHING)),
      metricText(workload, system, "brokerCpuSecondsPerGigabyte"),
      metricText(workload, system, "residentMegabytes"),
    ]),
  );
  return formatTable(io, head, rows);
}

const NOTHING = "–";

function headline(workload: WorkloadResult, system: SystemName): string {
  const { label, digits } = METRICS[workload.headline];
  const spread = metricSpread(workload, system, workload.headline);
  return spread === undefined ? NOTHING : `${formatSpread(spread, digits)} ${label}`;
}

function metricText(workload: WorkloadResult, system: SystemName, metric: MetricName): string {
  const spread = metricSpread(workload, system, metric);
  return spread === undefined ? NOTHING : spread.median.toFixed(METRICS[metric].digits);
}

function spreadText(spread: Spread | undefined, digits: number): string {
  return spread === undefined ? NOTHING : formatSpread(spread, digits);
}

/** Dropped samples, failures and remarks, each with its workload. */
function problemLines(results: Results): string[] {
  const lines = results.workloads.flatMap((workload) => {
    const { name, samples, controls, failures, controlFailures = [] } = workload;
    const at = (subject: string, round: number): string => `${name}, ${subject}, round ${round + 1}`;
    const percent = (steal = 0): string => `${(steal * 100).toFixed(1)} % steal`;
    return [
      ...failures.map(({ system, round, message }) => `failed: ${at(system, round)}: ${message}`),
      ...controlFailures.map(({ control, round, message }) => `failed: ${at(control, round)}: ${message}`),
      ...samples
        .filter(({ isDropped }) => isDropped)
        .map(({ system, round, steal }) => `dropped: ${at(system, round)}: ${percent(steal)}`),
      ...controls
        .filter(({ isDropped }) => isDropped)
        .map(({ control, round, steal }) => `dropped: ${at(control, round)}: ${percent(steal)}`),
      ...samples.flatMap(({ system, round, remarks }) =>
        remarks.map((remark) => `remark: ${at(system, round)}: ${remark}`),
      ),
    ];
  });
  return lines.length === 0 ? [] : [`${lines.join("\n")}\n`];
}
