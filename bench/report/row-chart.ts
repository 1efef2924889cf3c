import type { Spread } from "../suite/statistics.ts";
import type { SystemName } from "../systems/system.ts";
import { type Markup, markup, px } from "./markup.ts";
import type { Scale } from "./scale.ts";
import { wrapText } from "./svg-text.ts";

/** Horizontal bars under one another, with the names to the left of the plot and the figures to its right. */
export interface RowChart {
  /** Unique on the page, of letters, digits and `-`. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly columns: readonly Column[];
  readonly groups: readonly RowGroup[];
  /** Made for the pixels that {@link plotRange} gives. */
  readonly scale: Scale;
  /** Where bars start: 0, or 1 for ratios. */
  readonly baseline: number;
  /** Names of the two sides of the baseline, above the plot. */
  readonly sides?: readonly [left: string, right: string];
}

export interface Column {
  readonly header: string;
  readonly width: number;
  readonly isStrong?: boolean;
}

export interface RowGroup {
  /** Bold, above the group. */
  readonly heading?: string | undefined;
  readonly label: string;
  readonly rows: readonly Row[];
  /** A line across the group's rows; a roof beyond the domain is an arrow at the edge. */
  readonly roof?: { readonly value: number; readonly label: string } | undefined;
}

export interface Row {
  readonly label: string;
  /** Colour: a system's name or a verdict. */
  readonly tone: string;
  /** From back to front. Empty: nothing was measured, and `note` says why. */
  readonly bars: readonly Bar[];
  readonly cells: readonly string[];
  /** For pointers and screen readers; in the plot when there is no bar. */
  readonly note: string;
}

export interface Bar {
  readonly spread: Spread;
  /** Drawn lighter, behind another. */
  readonly isPale?: boolean;
}

export const systemTone = (system: SystemName): string => `system-${system}`;

const WIDTH = 1000;
const LABEL_WIDTH = 262;
const SYSTEM_WIDTH = 60;
const GAP = 14;
const ROW_HEIGHT = 18;
const BAR_HEIGHT = 11;
const GROUP_GAP = 10;
const HEADING_HEIGHT = 30;
const AXIS_HEIGHT = 30;
const LABEL_LINES_MAX = 4;
const TALL_ROWS = 16;
const FONT = 12.5;

export function plotRange(columns: readonly Column[]): readonly [number, number] {
  const right = columns.reduce((sum, { width }) => sum + width, 0);
  return [LABEL_WIDTH + SYSTEM_WIDTH + GAP, WIDTH - right - GAP];
}

export function rowChart(chart: RowChart): Markup {
  const rows = chart.groups.reduce((sum, group) => sum + group.rows.length, 0);
  const isTall = rows >= TALL_ROWS;
  const headHeight = isTall ? 46 : 28;
  let top = headHeight;
  const groups = chart.groups.map((group) => {
    const placed = placeGroup(group, top);
    top = placed.bottom;
    return placed;
  });
  const height = top + AXIS_HEIGHT;
  return markup`<svg class="chart rows" viewBox="0 0 ${WIDTH} ${px(height)}" role="img" aria-labelledby="${chart.id}-t ${chart.id}-d">
<title id="${chart.id}-t">${chart.title}</title>
<desc id="${chart.id}-d">${chart.description}</desc>
${columnHeaders(chart)}
${axis(chart, headHeight, top, isTall)}
${groups.map((group) => drawGroup(chart, group))}
</svg>`;
}

interface PlacedGroup {
  readonly group: RowGroup;
  readonly lines: readonly string[];
  readonly headingY: number;
  readonly rowsTop: number;
  readonly bottom: number;
}

/** A label with more lines than rows makes the group taller, so that nothing overlaps. */
function placeGroup(group: RowGroup, top: number): PlacedGroup {
  const lines = wrapText(group.label, LABEL_WIDTH - 8, FONT, LABEL_LINES_MAX);
  const rowsTop = top + (group.heading === undefined ? 0 : HEADING_HEIGHT);
  const height = Math.max(lines.length, group.rows.length) * ROW_HEIGHT;
  return { group, lines, headingY: top + HEADING_HEIGHT - 10, rowsTop, bottom: rowsTop + height + GROUP_GAP };
}

function columnHeaders({ columns, scale, sides }: RowChart): Markup {
  const y = 16;
  const headers = columns.map(
    ({ header }, index) =>
      markup`<text class="muted small" x="${px(columnX(columns, index))}" y="${y}" text-anchor="end">${header}</text>`,
  );
  if (sides === undefined) return markup`<g>${headers}</g>`;
  const [from, to] = scale.range;
  const one = scale.at(1);
  const isRoomLeft = one - from > 90;
  const isRoomRight = to - one > 90;
  return markup`<g>${headers}
${isRoomLeft && markup`<text class="muted small" x="${px(one - 8)}" y="${y}" text-anchor="end">← ${sides[0]}</text>`}
${isRoomRight && markup`<text class="muted small" x="${px(one + 8)}" y="${y}">${sides[1]} →</text>`}</g>`;
}

/** A tall chart has its numbers at both ends. */
function axis({ scale, baseline }: RowChart, top: number, bottom: number, isTall: boolean): Markup {
  const lines = scale.ticks.map(({ value, label }) => {
    const x = px(scale.at(value));
    const line = value === baseline ? "baseline" : "grid";
    return markup`<line class="${line}" x1="${x}" x2="${x}" y1="${top}" y2="${bottom}"/>
<text class="muted small" x="${x}" y="${bottom + 16}" text-anchor="middle">${label}</text>
${isTall && markup`<text class="muted small" x="${x}" y="${top - 7}" text-anchor="middle">${label}</text>`}`;
  });
  return markup`<g>${lines}</g>`;
}

function drawGroup(chart: RowChart, { group, lines, headingY, rowsTop, bottom }: PlacedGroup): Markup {
  const labels = lines.map(
    (line, index) =>
      markup`<text class="name" x="0" y="${px(rowsTop + index * ROW_HEIGHT + 13)}">${line}</text>`,
  );
  return markup`<g>
${group.heading !== undefined && markup`<text class="heading" x="0" y="${px(headingY)}">${group.heading}</text>`}
<g><title>${group.label}</title>${labels}</g>
${group.rows.map((row, index) => drawRow(chart, row, rowsTop + index * ROW_HEIGHT))}
${group.roof !== undefined && drawRoof(chart.scale, group.roof, rowsTop, rowsTop + group.rows.length * ROW_HEIGHT)}
<line class="rule" x1="0" x2="${WIDTH}" y1="${px(bottom - GROUP_GAP / 2)}" y2="${px(bottom - GROUP_GAP / 2)}"/>
</g>`;
}

function drawRow({ columns, scale, baseline }: RowChart, row: Row, top: number): Markup {
  const textY = px(top + 13);
  const cells = row.cells.map((cell, index) => {
    const style = columns[index]?.isStrong === true ? "figure strong" : "figure muted";
    return markup`<text class="${style}" x="${px(columnX(columns, index))}" y="${textY}" text-anchor="end">${cell}</text>`;
  });
  const system = markup`<text class="small" x="${LABEL_WIDTH + SYSTEM_WIDTH}" y="${textY}" text-anchor="end">${row.label}</text>`;
  const missing =
    row.bars.length === 0 &&
    markup`<text class="muted small" x="${px(scale.at(baseline) + 6)}" y="${textY}">${row.note}</text>`;
  return markup`<g class="${row.tone}"><title>${row.note}</title>${system}
${row.bars.map((bar, index) => drawBar(scale, baseline, bar, top, (index - (row.bars.length - 1) / 2) * -5))}${missing}${cells}</g>
`;
}

/** Bars behind one another have their whiskers above one another. */
function drawBar(
  scale: Scale,
  baseline: number,
  { spread, isPale }: Bar,
  top: number,
  whiskerShift: number,
): Markup {
  const [from, to] = [scale.at(baseline), scale.at(spread.median)];
  const y = top + (ROW_HEIGHT - BAR_HEIGHT) / 2;
  const middle = px(y + BAR_HEIGHT / 2 + whiskerShift);
  const cap = whiskerShift === 0 ? 3.5 : 2;
  const [low, high] = [px(scale.at(spread.min)), px(scale.at(spread.max))];
  const width = Math.max(Math.abs(to - from), 1);
  return markup`<rect class="${isPale === true ? "bar pale" : "bar"}" x="${px(Math.min(from, to))}" y="${px(y)}" width="${px(width)}" height="${BAR_HEIGHT}"/>
${
  high > low &&
  markup`<path class="whisker" d="M${low} ${middle}H${high}M${low} ${px(middle - cap)}v${2 * cap}M${high} ${px(middle - cap)}v${2 * cap}"/>`
}`;
}

function drawRoof(
  scale: Scale,
  roof: { readonly value: number; readonly label: string },
  top: number,
  bottom: number,
): Markup {
  if (roof.value > scale.domain[1]) {
    const x = px(scale.range[1]);
    const y = px((top + bottom) / 2);
    return markup`<g><title>${roof.label}, beyond this axis</title><path class="roof-arrow" d="M${x - 8} ${y - 5}l8 5l-8 5z"/></g>`;
  }
  const x = px(scale.at(roof.value));
  return markup`<g><title>${roof.label}</title><line class="roof" x1="${x}" x2="${x}" y1="${px(top)}" y2="${px(bottom)}"/></g>`;
}

/** Right edge of a column. */
function columnX(columns: readonly Column[], index: number): number {
  return WIDTH - columns.slice(index + 1).reduce((sum, { width }) => sum + width, 0);
}
