import { SYSTEM_LABELS } from "./comparison.ts";
import type { CurvePanel, CurveSeries } from "./curve-data.ts";
import { type Line, legend, linePlot, X_RANGE, Y_RANGE } from "./line-plot.ts";
import { type Markup, markup } from "./markup.ts";
import { formatFixed, formatTick } from "./number-format.ts";
import { linearScale, logScale, percentileScale, type Scale } from "./scale.ts";

const TABLE_COLUMNS_MAX = 9;

/** A chart with its table for each panel; panels of one unit share their y axis. */
export function curveFigures(panels: readonly CurvePanel[], id: string): Markup[] {
  return panels.map((panel, index) => {
    const alike = panels.filter(({ yLabel, yScale }) => yLabel === panel.yLabel && yScale === panel.yScale);
    return figure(panel, yScaleOf(alike), `${id}-${index}`);
  });
}

function figure(panel: CurvePanel, y: Scale, id: string): Markup {
  const lines = linesOf(panel);
  const plot = linePlot({
    id,
    title: `${panel.title}: ${panel.yLabel} by ${panel.xLabel}`,
    description: `Medians over the rounds of ${lines.map(({ label }) => label).join(", ")}; the figures are in the table below.`,
    xLabel: panel.xLabel,
    yLabel: panel.yLabel,
    x: xScaleOf(panel),
    y,
    lines,
  });
  return markup`<figure class="curve"><figcaption>${panel.title}</figcaption>${legend(lines)}${plot}
<div class="scroll">${curveTable(panel, lines)}</div></figure>`;
}

function linesOf({ series }: CurvePanel): Line[] {
  const names = [...new Set(series.map(({ name }) => name))];
  return series.map(({ system, name, points }) => ({
    system,
    dash: names.indexOf(name),
    label: names.length === 1 ? SYSTEM_LABELS[system] : `${SYSTEM_LABELS[system]}, ${name}`,
    points,
  }));
}

function xScaleOf({ series, xScale }: CurvePanel): Scale {
  const values = series.flatMap(({ points }) => points.map(({ x }) => x));
  if (xScale === "percentile") return percentileScale(values, X_RANGE);
  return xScale === "log" ? logScale(values, X_RANGE) : linearScale(values, X_RANGE);
}

function yScaleOf(panels: readonly CurvePanel[]): Scale {
  const values = panels.flatMap(({ series }) =>
    series.flatMap(({ points }) => points.flatMap(({ y }) => [y.min, y.max])),
  );
  return panels[0]?.yScale === "linear" ? linearScale(values, Y_RANGE) : logScale(values, Y_RANGE);
}

/** Medians; of long curves only the measured points nearest to the axis' numbers. */
function curveTable(panel: CurvePanel, lines: readonly Line[]): Markup {
  const columns = tableColumns(panel);
  const figure = figureFormat(panel);
  const format = (x: number): string =>
    panel.xScale !== "percentile" ? formatTick(x) : x >= 100 ? "max" : String(Number(x.toFixed(4)));
  const rows = panel.series.map(
    (series, index) => markup`<tr><th scope="row">${lines[index]!.label}</th>${columns.map(
      (x) => markup`<td>${cell(series, x, figure)}</td>`,
    )}<td class="muted">${series.rounds}</td></tr>
`,
  );
  return markup`<table class="compact"><caption>${panel.yLabel} by ${panel.xLabel}, median over rounds</caption>
<thead><tr><th scope="col">${panel.xLabel}</th>${columns.map((x) => markup`<th scope="col">${format(x)}</th>`)}<th scope="col">rounds</th></tr></thead>
<tbody>${rows}</tbody></table>`;
}

function tableColumns(panel: CurvePanel): number[] {
  const all = [...new Set(panel.series.flatMap(({ points }) => points.map(({ x }) => x)))].sort(
    (a, b) => a - b,
  );
  if (all.length <= TABLE_COLUMNS_MAX) return all;
  const wanted = xScaleOf(panel).ticks.filter(({ label }) => label !== "");
  const nearest = wanted.map(({ value }) =>
    all.reduce((best, x) => (Math.abs(x - value) < Math.abs(best - value) ? x : best)),
  );
  return [...new Set(nearest)].slice(0, TABLE_COLUMNS_MAX);
}

function cell({ points }: CurveSeries, x: number, format: (value: number) => string): Markup | string {
  const point = points.find((candidate) => candidate.x === x);
  if (point === undefined) return "–";
  const { median, min, max } = point.y;
  return markup`<span title="${format(min)}–${format(max)}">${format(median)}</span>`;
}

/** Three significant digits, zeros too, so that they line up; whole numbers where the panel has no others. */
function figureFormat({ series }: CurvePanel): (value: number) => string {
  const isWhole = series.every(({ points }) => points.every(({ y }) => Number.isInteger(y.median)));
  return (value) => {
    if (isWhole || Math.abs(value) >= 100) return formatFixed(value, 0);
    return Math.abs(value) < 0.001 ? formatTick(value) : value.toPrecision(3);
  };
}
