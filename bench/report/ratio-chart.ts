import { METRICS } from "../suite/metrics.ts";
import type { Results } from "../suite/results.ts";
import {
  headlineRatios,
  type Ratio,
  SYSTEM_LABELS,
  shortName,
  VERDICT_SIGNS,
  type Verdict,
} from "./comparison.ts";
import { type Markup, markup } from "./markup.ts";
import { formatRatio, formatRatioRange, plural } from "./number-format.ts";
import { type Column, plotRange, type Row, type RowGroup, rowChart } from "./row-chart.ts";
import { logScale } from "./scale.ts";
import type { Section } from "./section.ts";

const COLUMNS: readonly Column[] = [
  { header: "ratio", width: 76, isStrong: true },
  { header: "min–max", width: 104 },
  { header: "rounds", width: 54 },
];

/** Odradek's headline figure divided by each peer's; one chart for each direction that is good. */
export function ratioSection({ workloads }: Results): Section | undefined {
  const ratios = headlineRatios(workloads);
  if (ratios.length === 0) return undefined;
  const charts = [
    directionChart(ratios, "higher", "Higher is better: throughput", ["peer ahead", "Odradek ahead"]),
    directionChart(ratios, "lower", "Lower is better: latency, time, memory", [
      "Odradek ahead",
      "peer ahead",
    ]),
    directionChart(ratios, null, "Described, not judged", ["less than the peer", "more than the peer"]),
  ];
  const body = markup`
<p>Odradek’s figure divided by the peer’s figure of the same round. The bar ends at the median of the rounds, the whisker
spans the smallest to the largest; the line stands at 1.0, where both are equal. Logarithmic axis.</p>
${summary(ratios)}
${charts}
<p class="key"><span class="better">✓ Odradek is ahead in every round</span> <span class="worse">✗ the peer is ahead in every
round</span> <span class="undecided">≈ undecided: the rounds disagree</span></p>
${behind(ratios)}`;
  return { id: "ratios", title: "Odradek against its peers", body };
}

function directionChart(
  all: readonly Ratio[],
  better: "higher" | "lower" | null,
  title: string,
  sides: readonly [string, string],
): Markup | null {
  const ratios = all.filter(({ metric }) => METRICS[metric].better === better);
  if (ratios.length === 0) return null;
  const bounds = ratios.flatMap(({ spread }) => [spread.min, spread.max]);
  const scale = logScale([...bounds, 0.5, 2], plotRange(COLUMNS));
  const chart = rowChart({
    id: `ratio-${better ?? "neutral"}`,
    title: `Ratio of Odradek to each peer. ${title}`,
    description: ratios.map(describe).join("; "),
    columns: COLUMNS,
    groups: groupsOf(ratios),
    scale,
    baseline: 1,
    sides,
  });
  return markup`<figure><figcaption>${title}</figcaption><div class="scroll">${chart}</div></figure>`;
}

/** A heading where the family or the unit changes. */
function groupsOf(ratios: readonly Ratio[]): RowGroup[] {
  let before = "";
  return [...Map.groupBy(ratios, ({ workload }) => workload)].map(([workload, members]) => {
    const heading = `${workload.family}: ${METRICS[workload.headline].label}`;
    const isNew = heading !== before;
    before = heading;
    return { heading: isNew ? heading : undefined, label: shortName(workload), rows: members.map(rowOf) };
  });
}

function rowOf(ratio: Ratio): Row {
  const { spread, verdict, peer, rounds } = ratio;
  return {
    label: SYSTEM_LABELS[peer],
    tone: verdict,
    bars: [{ spread }],
    cells: [
      `${VERDICT_SIGNS[verdict]} ${formatRatio(spread.median)}`,
      rounds === 1 ? "" : formatRatioRange(spread),
      String(rounds),
    ],
    note: describe(ratio),
  };
}

function describe({ workload, metric, peer, spread, rounds, verdict }: Ratio): string {
  const figures = `${formatRatio(spread.median)} (${formatRatioRange(spread)}, ${plural(rounds, "round")})`;
  return `${workload.name}: ${METRICS[metric].label} ${figures} of ${SYSTEM_LABELS[peer]}, ${verdict}`;
}

/** How many workloads went which way, for each peer. */
function summary(ratios: readonly Ratio[]): Markup {
  const tiles = [...new Set(ratios.map(({ peer }) => peer))].map((peer) => {
    const count = (verdict: Verdict): number =>
      ratios.filter((ratio) => ratio.peer === peer && ratio.verdict === verdict).length;
    const neutral = count("neutral");
    return markup`<li><h3>Against ${SYSTEM_LABELS[peer]}</h3>
<p><span class="better"><b>${count("better")}</b> ✓ ahead</span> <span class="worse"><b>${count("worse")}</b> ✗ behind</span>
<span class="undecided"><b>${count("undecided")}</b> ≈ undecided</span>${neutral > 0 && markup` <span><b>${neutral}</b> not judged</span>`}</p></li>`;
  });
  return markup`<ul class="tiles">${tiles}</ul>`;
}

function behind(ratios: readonly Ratio[]): Markup {
  const items = ratios
    .filter(({ isBehind }) => isBehind)
    .map(({ workload, metric, peer, spread, verdict }) => {
      const doubt = verdict === "undecided" ? ", undecided" : "";
      return markup`<li><code>${workload.name}</code>: ${METRICS[metric].label} <b>${formatRatio(spread.median)}</b> of ${SYSTEM_LABELS[peer]} (${formatRatioRange(spread)}${doubt})</li>`;
    });
  if (items.length === 0) return markup`<p>No workload has a median ratio on the wrong side of 1.0.</p>`;
  return markup`<h3>Where Odradek is behind</h3><ul class="behind">${items}</ul>`;
}
