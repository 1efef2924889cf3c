import type { Spread } from "../suite/statistics.ts";
import type { SystemName } from "../systems/system.ts";
import { type Markup, markup, px } from "./markup.ts";
import { systemTone } from "./row-chart.ts";
import type { Interval, Scale } from "./scale.ts";

export interface LinePlot {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** Made for {@link X_RANGE} and {@link Y_RANGE}. */
  readonly x: Scale;
  readonly y: Scale;
  readonly lines: readonly Line[];
}

export interface Line {
  readonly system: SystemName;
  /** Lines of one system differ by their dashes. */
  readonly dash: number;
  readonly label: string;
  readonly points: readonly { readonly x: number; readonly y: Spread }[];
}

const WIDTH = 520;
const HEIGHT = 310;
export const X_RANGE: Interval = [58, WIDTH - 16];
/** From the bottom up. */
export const Y_RANGE: Interval = [HEIGHT - 48, 26];

const DASHES = ["", "7 4", "2 3", "9 3 2 3", "14 4", "4 2 1 2"] as const;
const MARKERS_MAX = 14;

/** Medians as lines, the span of the rounds as a pale band. */
export function linePlot({ id, title, description, xLabel, yLabel, x, y, lines }: LinePlot): Markup {
  return markup`<svg class="chart lines" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-t ${id}-d">
<title id="${id}-t">${title}</title>
<desc id="${id}-d">${description}</desc>
<text class="muted small" x="2" y="13">${yLabel}</text>
<text class="muted small" x="${X_RANGE[1]}" y="${HEIGHT - 6}" text-anchor="end">${xLabel}</text>
${yAxis(y)}${xAxis(x)}
${lines.map((line) => band(line, x, y))}
${lines.map((line) => drawLine(line, x, y))}
</svg>`;
}

/** A list of line samples with names, in HTML so that it wraps. */
export function legend(lines: readonly Pick<Line, "system" | "dash" | "label">[]): Markup {
  const items = lines.map(
    ({
      system,
      dash,
      label,
    }) => markup`<li class="${systemTone(system)}"><svg viewBox="0 0 34 12" width="34" height="12" aria-hidden="true">
<path class="line" d="M1 6H33" stroke-dasharray="${dashOf(dash)}"/>${marker(system, 17, 6)}</svg>${label}</li>`,
  );
  return markup`<ul class="legend">${items}</ul>`;
}

function xAxis(scale: Scale): Markup[] {
  const [bottom, top] = Y_RANGE;
  let free = Number.NEGATIVE_INFINITY;
  return scale.ticks.map(({ value, label }) => {
    const at = scale.at(value);
    const half = (label.length * 7.5) / 2;
    const isRoom = label !== "" && at - half > free;
    if (isRoom) free = at + half + 4;
    const x = px(at);
    return markup`<line class="grid" x1="${x}" x2="${x}" y1="${top}" y2="${bottom}"/>
${isRoom && markup`<text class="muted small" x="${x}" y="${bottom + 17}" text-anchor="middle">${label}</text>`}`;
  });
}

function yAxis(scale: Scale): Markup[] {
  let free = Number.POSITIVE_INFINITY;
  return scale.ticks.map(({ value, label }) => {
    const y = px(scale.at(value));
    const isRoom = label !== "" && y < free;
    if (isRoom) free = y - 13;
    return markup`<line class="${label === "" ? "grid faint" : "grid"}" x1="${X_RANGE[0]}" x2="${X_RANGE[1]}" y1="${y}" y2="${y}"/>
${isRoom && markup`<text class="figure muted small" x="${X_RANGE[0] - 8}" y="${px(y + 4)}" text-anchor="end">${label}</text>`}`;
  });
}

function band({ system, points }: Line, x: Scale, y: Scale): Markup | null {
  if (points.every((point) => point.y.min === point.y.max)) return null;
  const upper = points.map((point) => `${px(x.at(point.x))} ${px(y.at(point.y.max))}`);
  const lower = points.toReversed().map((point) => `${px(x.at(point.x))} ${px(y.at(point.y.min))}`);
  return markup`<path class="band ${systemTone(system)}" d="M${[...upper, ...lower].join("L")}z"/>`;
}

function drawLine({ system, dash, label, points }: Line, x: Scale, y: Scale): Markup {
  const places = points.map((point) => [x.at(point.x), y.at(point.y.median)] as const);
  const path = places.map(([left, top]) => `${px(left)} ${px(top)}`).join("L");
  const every = Math.ceil(places.length / MARKERS_MAX);
  const markers = places.filter((_, index) => index % every === 0 || index === places.length - 1);
  return markup`<g class="${systemTone(system)}"><title>${label}</title>
<path class="line" d="M${path}" stroke-dasharray="${dashOf(dash)}"/>
${markers.map(([left, top]) => marker(system, left, top))}</g>`;
}

function dashOf(index: number): string {
  return DASHES[index % DASHES.length] || "none";
}

/** Each system has a shape of its own, so that colour is not the only difference. */
function marker(system: SystemName, left: number, top: number): Markup {
  const [x, y] = [px(left), px(top)];
  switch (system) {
    case "odradek":
      return markup`<circle class="marker" cx="${x}" cy="${y}" r="3.6"/>`;
    case "kafka":
      return markup`<rect class="marker" x="${px(x - 3.2)}" y="${px(y - 3.2)}" width="6.4" height="6.4"/>`;
    case "nats":
      return markup`<path class="marker" d="M${x} ${px(y - 4.2)}l4 7h-8z"/>`;
    case "redis":
      return markup`<path class="marker" d="M${x} ${px(y - 4.6)}l4.6 4.6l-4.6 4.6l-4.6 -4.6z"/>`;
  }
}
