import { METRICS } from "../suite/metrics.ts";
import type { Results, WorkloadResult } from "../suite/results.ts";
import type { SystemName } from "../systems/system.ts";
import {
  headlineRatios,
  metricSpread,
  type Ratio,
  ratioTo,
  SUBJECT,
  SYSTEM_LABELS,
  sharesInWords,
  systemsIn,
} from "./comparison.ts";
import {
  formatBytes,
  formatMetric,
  formatRatio,
  formatRatioRange,
  formatShare,
  plural,
} from "./number-format.ts";

const CPU = "brokerCpuSecondsPerGigabyte";

/** The run as a Markdown table of ratios, the line that says where it comes from, and where Odradek is behind. */
export function readmeTable(results: Results): string {
  const measured = results.workloads.filter(({ samples }) => samples.length > 0);
  if (measured.length === 0) return `Nothing was measured. ${origin(results)}\n`;
  const peers = systemsIn(measured).filter((system) => system !== SUBJECT);
  const labels = peers.map((peer) => SYSTEM_LABELS[peer]);
  const header = [
    "workload",
    SYSTEM_LABELS[SUBJECT],
    ...labels,
    ...labels.map((label) => `÷ ${label} (min–max)`),
    "share of the control",
    `broker CPU-s/GB: ${[SYSTEM_LABELS[SUBJECT], ...labels].join(" / ")}`,
  ];
  const alignment = header.map((_, index) => (index === 0 ? "---" : "--:"));
  const rows = measured.map((workload) => rowOf(workload, peers));
  const table = [header, alignment, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  return `${table}\n\n${origin(results)}\n\n${behind(headlineRatios(measured))}\n`;
}

function rowOf(workload: WorkloadResult, peers: readonly SystemName[]): string[] {
  const { headline } = workload;
  const figure = (system: SystemName): string => {
    const spread = metricSpread(workload, system, headline);
    return spread === undefined ? "–" : formatMetric(headline, spread.median);
  };
  const ratios = peers.map((peer) => {
    const ratio = ratioTo(workload, peer);
    return ratio === undefined
      ? "–"
      : `${formatRatio(ratio.spread.median)} (${formatRatioRange(ratio.spread)})`;
  });
  const shares = sharesInWords(workload, SUBJECT, ({ median }, metric) => formatShare(metric, median));
  const cpu = [SUBJECT, ...peers].map((system) => {
    const spread = metricSpread(workload, system, CPU);
    return spread === undefined ? "–" : formatMetric(CPU, spread.median);
  });
  const acknowledged = workload.acknowledged === "not applicable" ? "" : `, ${workload.acknowledged}`;
  const { label, better } = METRICS[headline];
  const arrow = better === null ? "" : better === "higher" ? " ↑" : " ↓";
  return [
    `${markdownText(workload.name)}, ${label}${arrow}${acknowledged}`,
    figure(SUBJECT),
    ...peers.map(figure),
    ...ratios,
    shares.length === 0 ? "–" : shares.join(", "),
    cpu.every((value) => value === "–") ? "–" : cpu.join(" / "),
  ];
}

function origin({ startedAt, machine, command, options, isComplete, commit, isDirty }: Results): string {
  const where = `${machine.cpuModel}${machine.isVirtual ? " guest" : ""}, ${plural(machine.cores, "core")}, ${formatBytes(machine.memoryBytes)}, ${machine.fileSystem}`;
  const state = isComplete ? "" : " **Partial run:** it was ended before its last round.";
  const tree = `commit ${commit.slice(0, 12)}${isDirty ? " with changes" : ""}`;
  return markdownText(
    `Measured on ${startedAt.slice(0, 10)} on ${where}, by \`${command.replaceAll("`", "'")}\`, ${tree}; medians of ${plural(options.rounds, "round")}, ratios within a round.`,
    true,
  ).concat(state);
}

function behind(ratios: readonly Ratio[]): string {
  const rows = ratios
    .filter(({ isBehind }) => isBehind)
    .map(({ workload, metric, peer, spread, verdict }) => {
      const doubt = verdict === "undecided" ? ", the rounds disagree" : "";
      const figures = `${formatRatio(spread.median)} (${formatRatioRange(spread)}${doubt})`;
      return `- ${markdownText(workload.name)}: ${METRICS[metric].label} ${figures} of ${SYSTEM_LABELS[peer]}`;
    });
  if (ratios.length === 0) return "No peer was measured in the same rounds.";
  if (rows.length === 0) return "Odradek is behind in no row.";
  return `Where Odradek is behind:\n\n${rows.join("\n")}`;
}

/** One line that Markdown shows as it is; code spans are kept where the text has its own. */
function markdownText(text: string, hasCode = false): string {
  const line = text.replace(/\p{Cc}+/gu, " ");
  const plain = (part: string): string =>
    part
      .replace(/[\\`*_[\]~]/g, "\\$&")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll("|", "\\|");
  if (!hasCode) return plain(line);
  return line
    .split("`")
    .map((part, index) => (index % 2 === 1 ? `\`${part}\`` : plain(part)))
    .join("");
}
