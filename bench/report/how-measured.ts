import type { Results, WorkloadResult } from "../suite/results.ts";
import { spreadOf } from "../suite/statistics.ts";
import { SYSTEM_LABELS } from "./comparison.ts";
import { type Markup, type MarkupValue, markup } from "./markup.ts";
import { formatBytes, formatPercent, plural } from "./number-format.ts";
import type { Section } from "./section.ts";

/** All that someone needs to judge or to repeat the run. */
export function howMeasuredSection(results: Results): Section {
  const { machine, options } = results;
  const pinning =
    options.pinning === "none"
      ? "none: broker and load share the cores"
      : "broker and load on cores of their own";
  const run: readonly Fact[] = [
    ["Command", markup`<code>${results.command}</code>`],
    [
      "Commit",
      markup`<code>${results.commit}</code>${results.isDirty ? ", with changes that are not in it" : ", clean"}`,
    ],
    [
      "Run",
      `${results.isComplete ? "complete" : "PARTIAL: ended before its last round"}, ${duration(results)}`,
    ],
    ["Rounds", String(options.rounds)],
    ["Each sample", warmText(results)],
    ["Pinning", pinning],
    ["Steal", stealText(results)],
    ["Order", orderText(results.workloads)],
  ];
  const host: readonly Fact[] = [
    [
      "Processor",
      `${machine.cpuModel}, ${plural(machine.cores, "core")}${machine.isVirtual ? ", virtual machine" : ""}`,
    ],
    ["Memory", formatBytes(machine.memoryBytes)],
    ["Operating system", machine.operatingSystem],
    ["Kernel", machine.kernel],
    ["File system", machine.fileSystem],
    ["Runtime", machine.runtime],
  ];
  const body = markup`
<p>Machines drift, so only figures of one run are compared: in every round each system runs the same load beside the
controls, and ratios are taken within the round. Medians leave out samples with too much steal; those are listed with their
figures.</p>
<div class="pairs"><div><h3>Run</h3>${facts(run)}</div><div><h3>Machine</h3>${facts(host)}</div></div>
<h3>Systems</h3>
<div class="scroll"><table class="systems"><caption class="hidden">Systems, versions and commands</caption>
<thead><tr><th scope="col">system</th><th scope="col">version</th><th scope="col">command</th></tr></thead>
<tbody>${results.systems.map(
    ({ name, version, command }) =>
      markup`<tr><th scope="row">${SYSTEM_LABELS[name]}</th><td>${version}</td><td><code>${command}</code></td></tr>
`,
  )}</tbody></table></div>`;
  return { id: "method", title: "How this was measured", body };
}

function warmText({ options }: Results): string {
  const { seconds, warmupSeconds, peerWarmupSeconds } = options;
  const peers =
    peerWarmupSeconds === undefined
      ? ""
      : `; before that ${peerWarmupSeconds} s of load after the start of a system that compiles as it runs`;
  return `${seconds} s measured after ${warmupSeconds} s of warm-up on the same topic${peers}`;
}

type Fact = readonly [term: string, value: MarkupValue];

function facts(list: readonly Fact[]): Markup {
  return markup`<dl class="facts">${list.map(
    ([term, value]) => markup`<dt>${term}</dt><dd>${value}</dd>
`,
  )}</dl>`;
}

function duration({ startedAt, finishedAt }: Results): string {
  const minutes = (Date.parse(finishedAt) - Date.parse(startedAt)) / 60_000;
  const length = Number.isFinite(minutes) ? ` (${minutes.toFixed(minutes < 10 ? 1 : 0)} min)` : "";
  return `${startedAt} to ${finishedAt}${length}`;
}

function stealText({ workloads, options }: Results): string {
  const samples = workloads.flatMap((workload) => workload.samples);
  const limit = `limit ${formatPercent(options.stealMax, 1)}`;
  if (samples.length === 0) return `${limit}, no samples`;
  const { median, max } = spreadOf(samples.map(({ steal }) => steal));
  const dropped = samples.filter(({ isDropped }) => isDropped).length;
  const seen = `median ${formatPercent(median, 1)}, highest ${formatPercent(max, 1)}`;
  return `${seen}; ${limit}: ${dropped} of ${plural(samples.length, "sample")} dropped`;
}

/** The sequences as they ran, most frequent first: `Odradek Kafka | Kafka Odradek (12 workloads)`. */
function orderText(workloads: readonly WorkloadResult[]): Markup | string {
  const counts = new Map<string, number>();
  for (const { samples } of workloads) {
    if (samples.length === 0) continue;
    const rounds = Map.groupBy(
      samples.toSorted((a, b) => a.order - b.order),
      ({ round }) => round,
    );
    const names = [...rounds.values()].map((round) =>
      round.map(({ system }) => SYSTEM_LABELS[system]).join(" "),
    );
    const sequence = names.join(" | ");
    counts.set(sequence, (counts.get(sequence) ?? 0) + 1);
  }
  if (counts.size === 0) return "no samples";
  const sequences = [...counts].sort(([, a], [, b]) => b - a).slice(0, ORDERS_MAX);
  const rest = counts.size - sequences.length;
  return markup`${sequences.map(([text, count]) => markup`<div>${text} <span class="muted">(${plural(count, "workload")})</span></div>`)}${rest > 0 && `and ${rest} other orders`}`;
}

const ORDERS_MAX = 5;
