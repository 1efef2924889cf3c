import type { Results } from "../suite/results.ts";
import { cpuSection } from "./cpu-chart.ts";
import { tablesSection } from "./family-table.ts";
import { howMeasuredSection } from "./how-measured.ts";
import { latencySection } from "./latency-chart.ts";
import { type Markup, markup, trusted } from "./markup.ts";
import { memorySection } from "./memory-chart.ts";
import { plural } from "./number-format.ts";
import { PAGE_STYLE } from "./page-style.ts";
import { ratioSection } from "./ratio-chart.ts";
import { scalingSection } from "./scaling-chart.ts";
import { throughputSection } from "./throughput-chart.ts";

/** A run as one HTML page that needs nothing else: no scripts, no other files, readable on screen and on paper. */
export function htmlReport(results: Results): string {
  const sections = [
    ratioSection(results),
    throughputSection(results),
    latencySection(results),
    cpuSection(results),
    memorySection(results),
    scalingSection(results),
    tablesSection(results),
    howMeasuredSection(results),
  ].filter((section) => section !== undefined);
  const page = markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Odradek bench report, ${results.startedAt}</title>
<style>${trusted(PAGE_STYLE)}</style>
</head>
<body>
<header>
<h1>Odradek bench report</h1>
${subtitle(results)}
${banners(results)}
<nav aria-label="Sections"><ul>${sections.map(({ id, title }) => markup`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
</header>
<main>
${sections.map(
  ({
    id,
    title,
    body,
  }) => markup`<section id="${id}" aria-labelledby="${id}-heading"><h2 id="${id}-heading">${title}</h2>${body}</section>
`,
)}
</main>
<footer>Written from the results file of the run; the same file gives the same page.</footer>
</body>
</html>
`;
  return page.text;
}

function subtitle({ startedAt, machine, commit, isDirty, options, workloads }: Results): Markup {
  const cores = plural(machine.cores, "core");
  return markup`<p class="subtitle">${startedAt} · ${machine.cpuModel}, ${cores}${machine.isVirtual && " (virtual)"} ·
${plural(workloads.length, "workload")}, ${plural(options.rounds, "round")} · commit <code>${commit.slice(0, 12)}</code>${isDirty && " + changes"}</p>`;
}

/** What changes how far the figures can be trusted. */
function banners({ isComplete, isDirty, options, workloads }: Results): Markup {
  const samples = workloads.flatMap((workload) => workload.samples);
  const dropped = samples.filter(({ isDropped }) => isDropped).length;
  const failures = workloads.reduce((sum, workload) => sum + workload.failures.length, 0);
  const quiet = [
    isDirty && "The tree had changes that are not in the commit.",
    options.rounds < 3 && `${plural(options.rounds, "round")} only: a spread of so few rounds says little.`,
    dropped > 0 &&
      `${dropped} of ${plural(samples.length, "sample")} dropped for steal; listed with their figures below.`,
    failures > 0 && `${plural(failures, "measurement")} failed; listed below.`,
  ].filter((text) => text !== false);
  return markup`${!isComplete && markup`<p class="banner" role="note">Partial run: it was ended before its last round. Medians may rest on fewer rounds than asked for, and workloads may be missing.</p>`}
${quiet.length > 0 && markup`<p class="banner quiet">${quiet.join(" ")}</p>`}`;
}
