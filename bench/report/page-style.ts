/** The style sheet of the report: light, dark and print. Colours of systems are apart for every common colour vision. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --page: #fcfcfb; --panel: #ffffff; --ink: #1b1f24; --muted: #5c6570; --rule: #e4e6e8;
  --grid: #eceef0; --strong-grid: #8a929b; --better: #1a7f4b; --worse: #c0362c; --undecided: #80705a; --accent: #0b62c4;
  --odradek: #0b62c4; --kafka: #d9730d; --nats: #1f8f76; --redis: #a3498b; --roof: #1b1f24; --warn: #fff4d6; --warn-ink: #6b4a00; }
@media screen and (prefers-color-scheme: dark) { :root { --page: #14171a; --panel: #1a1e22; --ink: #e6e9ec; --muted: #9aa4ae;
  --rule: #2b3137; --grid: #262b31; --strong-grid: #77818b; --better: #4cc486; --worse: #ff7a6e; --undecided: #c2ac8a;
  --accent: #6db0ff; --odradek: #58a4ff; --kafka: #f0994a; --nats: #45bfa3; --redis: #d988c4; --roof: #e6e9ec;
  --warn: #3a2f12; --warn-ink: #ffdc8a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif; }
main, header, footer { max-width: 1120px; margin: 0 auto; padding: 0 28px; }
header { padding-top: 40px; }
h1 { font-size: 30px; line-height: 1.2; letter-spacing: -0.015em; margin: 0 0 6px; }
h2 { font-size: 21px; letter-spacing: -0.01em; margin: 52px 0 6px; padding-top: 14px; border-top: 2px solid var(--ink); }
h3 { font-size: 15.5px; margin: 26px 0 8px; }
p { max-width: 78ch; margin: 8px 0; }
section > p { color: var(--muted); }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: 2px; }
code { font: 0.88em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.muted { color: var(--muted); } .better { color: var(--better); } .worse { color: var(--worse); } .undecided { color: var(--undecided); }
.subtitle { color: var(--muted); margin: 0; max-width: none; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 20px; padding: 0; margin: 18px 0 0; }
.banner { background: var(--warn); color: var(--warn-ink); border-left: 5px solid currentColor; padding: 12px 16px; margin: 18px 0 0;
  max-width: none; font-weight: 600; }
.banner.quiet { font-weight: 400; border-left-width: 2px; padding: 8px 16px; margin-top: 10px; }
.tiles { list-style: none; display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 12px; padding: 0; margin: 18px 0; }
.tiles li { background: var(--panel); border: 1px solid var(--rule); border-radius: 6px; padding: 12px 14px; }
.tiles h3 { margin: 0 0 2px; font-size: 13px; font-weight: 500; color: var(--muted); }
.tiles p { margin: 0; display: flex; flex-wrap: wrap; gap: 4px 13px; font-size: 13px; align-items: baseline; }
.tiles b { font-size: 22px; font-variant-numeric: tabular-nums; }
figure { margin: 18px 0; background: var(--panel); border: 1px solid var(--rule); border-radius: 6px; padding: 14px 18px 8px; }
figcaption { font-weight: 600; margin-bottom: 4px; overflow-wrap: anywhere; }
.pairs { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(460px, 100%), 1fr)); gap: 0 20px; align-items: start; }
.pairs figure { margin: 10px 0; min-width: 0; }
.scroll { overflow-x: auto; }
.key { max-width: none; display: flex; flex-wrap: wrap; gap: 2px 24px; font-size: 13.5px; }
ul.behind { columns: 2 420px; column-gap: 40px; padding-left: 18px; font-size: 13.5px; }
ul.behind li { break-inside: avoid; margin-bottom: 3px; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 16px; padding: 0; margin: 2px 0 6px; font-size: 12.5px; }
.legend li { display: flex; align-items: center; gap: 6px; } .legend svg { flex: none; }
svg.chart { display: block; width: 100%; height: auto; } svg.rows { min-width: 760px; }
svg text { font-size: 12.5px; fill: var(--ink); } svg .small { font-size: 11.5px; } svg .muted { fill: var(--muted); }
svg .heading { font-size: 13.5px; font-weight: 650; } svg .strong { font-weight: 650; }
svg .figure, td, b { font-variant-numeric: tabular-nums; }
.grid { stroke: var(--grid); } .faint { stroke-opacity: 0.55; } .baseline { stroke: var(--strong-grid); stroke-width: 1.4; }
.rule { stroke: var(--rule); }
.bar { fill: var(--tone); } .bar.pale { fill-opacity: 0.3; }
.whisker { stroke: var(--ink); stroke-width: 1.2; stroke-opacity: 0.75; fill: none; }
.roof { stroke: var(--roof); stroke-width: 2; stroke-dasharray: 3 2; } .roof-arrow { fill: var(--roof); }
.roof-key { display: inline-block; height: 1em; border-left: 2px dashed var(--roof); vertical-align: -0.15em; margin: 0 3px; }
.line { stroke: var(--tone); stroke-width: 2; fill: none; stroke-linejoin: round; } .marker { fill: var(--tone); stroke: var(--panel); }
.band { fill: var(--tone); fill-opacity: 0.11; }
.system-odradek { --tone: var(--odradek); } .system-kafka { --tone: var(--kafka); } .system-nats { --tone: var(--nats); }
.system-redis { --tone: var(--redis); }
svg .better { --tone: var(--better); } svg .worse { --tone: var(--worse); } svg .undecided { --tone: var(--undecided); }
svg .neutral { --tone: var(--muted); }
svg .better .strong { fill: var(--better); } svg .worse .strong { fill: var(--worse); } svg .undecided .strong { fill: var(--undecided); }
table { border-collapse: collapse; font-size: 13px; width: 100%; }
th, td { text-align: right; padding: 4px 0 4px 18px; border-bottom: 1px solid var(--rule); vertical-align: baseline; white-space: nowrap; }
th { font-weight: 500; } thead th { color: var(--muted); font-size: 12.5px; border-bottom: 1px solid var(--strong-grid); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
.range { color: var(--muted); font-size: 0.92em; }
table.wide td, table.wide th { padding-left: 12px; } table.wide .range { display: block; font-size: 11px; line-height: 1.2; }
table.wide th:first-child, table.wide td:first-child { padding-left: 0; }
tr.workload th { text-align: left; padding: 20px 0 5px; white-space: normal; }
tr.workload .title { font-weight: 650; font-size: 14px; overflow-wrap: anywhere; }
tr.workload .description { display: block; color: var(--muted); font-weight: 400; }
tr.headline th, tr.headline td { font-weight: 650; } tr.headline .range { font-weight: 400; }
tr.count th, tr.count td, tr.control th, tr.control td, tr.notes td { color: var(--muted); font-size: 12.5px; }
tr.control td, tr.notes td { text-align: left; white-space: normal; }
tr.notes ul { margin: 2px 0; padding-left: 16px; } tr.notes .message { white-space: pre-wrap; overflow-wrap: anywhere; }
.badge { display: inline-block; font-size: 11.5px; font-weight: 500; line-height: 1.5; padding: 0 8px; border-radius: 9px; border: 1px solid var(--strong-grid);
  color: var(--muted); white-space: nowrap; margin-left: 6px; }
.badge.disk { border-color: var(--accent); color: var(--accent); }
.acknowledged { display: grid; grid-template-columns: max-content 1fr; gap: 6px 14px; align-items: baseline; margin: 12px 0; font-size: 13.5px; }
.acknowledged dd { margin: 0; } .acknowledged .badge { margin: 0; justify-self: start; }
table.compact { font-size: 12px; } table.compact th, table.compact td { padding: 2px 0 2px 10px; } table.compact caption { text-align: left;
  color: var(--muted); font-size: 12px; padding-bottom: 2px; } table.compact th:first-child { padding-left: 0; }
table.systems td, table.systems th { text-align: left; white-space: normal; padding: 5px 18px 5px 0; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; margin: 0; font-size: 13.5px; }
.facts dd div + div { margin-top: 4px; } .facts dt { color: var(--muted); } .facts dd { margin: 0; overflow-wrap: anywhere; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
footer { color: var(--muted); font-size: 13px; padding: 36px 28px 48px; }
@media (max-width: 640px) { main, header, footer { padding-left: 14px; padding-right: 14px; } .acknowledged, .facts { grid-template-columns: 1fr; } }
@media print { body { font-size: 10.5pt; background: none; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main, header, footer { max-width: none; padding: 0; } nav { display: none; } figure { border-color: #cccccc; } h2, h3, figcaption { break-after: avoid; }
  .pairs figure, .tiles li, tr { break-inside: avoid; } .scroll { overflow: visible; } svg.rows { min-width: 0; } table { font-size: 8.5pt; }
  th, td { padding-left: 8px; white-space: normal; } a { color: inherit; text-decoration: none; } .pairs { grid-template-columns: 1fr 1fr; gap: 0 10px; }
  .pairs figure { padding: 8px 10px 4px; } section > h2 { margin-top: 28px; } .tiles { grid-template-columns: repeat(3, 1fr); } footer { padding: 12px 0 0; }
  table.compact { font-size: 7pt; } table.compact th, table.compact td { padding-left: 4px; } .range { white-space: nowrap; } table.wide .range { font-size: 6.5pt; } @page { margin: 11mm; } }
`;
