import type { CliIo } from "../../src/cli/cli-io.ts";
import { formatTable } from "../../src/cli/tables.ts";
import { type Change, compareResults } from "./compare.ts";
import { METRICS } from "./metrics.ts";
import type { Results } from "./results.ts";
import { formatSpread, type Spread } from "./statistics.ts";

const QUIET = new Set<Change["verdict"]>(["within noise", "too few rounds"]);

/** What changed between two runs: every headline and its share of the control, and all else that is beyond noise. */
export function comparisonText(io: CliIo, before: Results, after: Results): string {
  const { changes, warnings, unmatched } = compareResults(before, after);
  const shown = changes.filter(
    ({ isHeadline, metric, verdict }) => isHeadline || metric === "share" || !QUIET.has(verdict),
  );
  const commits = `${commitOf(before)} (${before.startedAt}) → ${commitOf(after)} (${after.startedAt})`;
  const hidden = changes.length - shown.length;
  const lines = [
    `What changed: ${commits}`,
    ...warnings.map((warning) => `warning: ${warning}`),
    changes.length === 0
      ? "The runs have no workload in common.\n"
      : formatTable(io, ["workload", "system", "metric", "before", "after", "change", ""], shown.map(rowOf)),
    ...(hidden > 0 ? [`${hidden} other metrics are within noise or have too few rounds.`] : []),
    ...unmatched.map((name) => `only in one of the runs: ${name}`),
  ];
  return `${lines.join("\n")}\n`;
}

function rowOf({ workload, system, metric, before, after, relative, verdict }: Change): string[] {
  const isShare = metric === "share";
  const label = isShare ? "share of control" : METRICS[metric].label;
  const digits = isShare ? 2 : METRICS[metric].digits;
  const text = (spread: Spread): string => formatSpread(spread, digits);
  const percent = relative === null ? "–" : `${relative < 0 ? "" : "+"}${(relative * 100).toFixed(1)} %`;
  return [workload, system, label, text(before), text(after), percent, verdict];
}

function commitOf({ commit, isDirty }: Results): string {
  return `${commit.slice(0, 10)}${isDirty ? "+changes" : ""}`;
}
