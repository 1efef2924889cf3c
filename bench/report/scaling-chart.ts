import type { Results } from "../suite/results.ts";
import { byFamily } from "./comparison.ts";
import { curveFigures } from "./curve-chart.ts";
import { scalingPanels } from "./curve-data.ts";
import { markup } from "./markup.ts";
import type { Section } from "./section.ts";

/** Every curve that is not one of percentiles: over partitions, connections, data size or time. */
export function scalingSection({ workloads }: Results): Section | undefined {
  const figures = [...byFamily(workloads)].flatMap(([family, members], index) =>
    scalingPanels(family, members).flatMap((panel, place) =>
      curveFigures([panel], `scaling-${index}-${place}`),
    ),
  );
  if (figures.length === 0) return undefined;
  const body = markup`
<p>How a figure moves with the size of the task or with time. Lines are medians over the rounds, bands span the smallest to
the largest round.</p>
<div class="pairs">${figures}</div>`;
  return { id: "scaling", title: "Scaling", body };
}
