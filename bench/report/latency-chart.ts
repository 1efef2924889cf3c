import type { Results } from "../suite/results.ts";
import { byFamily } from "./comparison.ts";
import { curveFigures } from "./curve-chart.ts";
import { percentilePanels } from "./curve-data.ts";
import { markup } from "./markup.ts";
import type { Section } from "./section.ts";

export function latencySection({ workloads }: Results): Section | undefined {
  const figures = [...byFamily(workloads)].flatMap(([, members], index) =>
    curveFigures(percentilePanels(members), `latency-${index}`),
  );
  if (figures.length === 0) return undefined;
  const body = markup`
<p>Latency over percentile: each further nine takes the same width. Lines are medians over the rounds, bands span the
smallest to the largest round. Charts of one family share their vertical axis.</p>
<div class="pairs">${figures}</div>`;
  return { id: "latency", title: "Latency", body };
}
