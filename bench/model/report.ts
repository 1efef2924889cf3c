import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { usableShareOf } from "./check.ts";
import { fitModel } from "./fit.ts";
import { callTable, checkTable, coefficientTable, memoryLine, otherTable } from "./measured-tables.ts";
import { type ModelData, readModelData } from "./model-data.ts";
import { limitTable, networkThreadTable, simulationTable } from "./predicted-tables.ts";

const USAGE = "Usage: bun bench/model/report.ts model.json: writes the tables of bench/model/README.md";

/** Every generated part of the page, by the name in its markers. */
export function sectionsOf(data: ModelData): Readonly<Record<string, string>> {
  const model = fitModel(data);
  const usableShare = usableShareOf(data);
  return {
    measured: [originLine(data), coefficientTable(model)].join("\n\n"),
    calls: [callTable(data), otherTable(data), memoryLine(data)].join("\n\n"),
    check: checkTable(model, data),
    limits: limitTable(model, usableShare),
    threads: networkThreadTable(model, usableShare),
    simulated: simulationTable(model),
  };
}

/** The text with what lies between `<!-- model:name:begin -->` and `<!-- model:name:end -->` replaced. Throws without them. */
export function withSections(page: string, sections: Readonly<Record<string, string>>): string {
  let text = page;
  for (const [name, section] of Object.entries(sections)) {
    const [begin, end] = [`<!-- model:${name}:begin -->`, `<!-- model:${name}:end -->`];
    const [beginAt, endAt] = [text.indexOf(begin), text.indexOf(end)];
    if (beginAt < 0 || endAt < beginAt)
      throw new Error(`the page needs a line ${begin}, and behind it ${end}`);
    text = `${text.slice(0, beginAt + begin.length)}\n${section}\n${text.slice(endAt)}`;
  }
  return text;
}

function originLine({ measuredFrom, measuredAt, machine, command, commits, isDirty }: ModelData): string {
  const { cpuModel, cores, kernel, runtime } = machine;
  const names = commits.map((commit) => commit.slice(0, 12)).join(", ");
  return (
    `Measured on ${measuredAt.slice(0, 10)} from ${measuredFrom.slice(11, 16)} to ${measuredAt.slice(11, 16)} UTC on ` +
    `${cpuModel}, ${cores} cores, ${kernel}, ${runtime}, commit${commits.length > 1 ? "s" : ""} ${names}` +
    `${isDirty ? " with changes" : ""}, by \`${command}\`${commits.length > 1 ? ", its parts at different times" : ""}.`
  );
}

function main(args: readonly string[]): number {
  const [path, ...rest] = args;
  if (path === undefined || rest.length > 0) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const page = join(import.meta.dirname, "README.md");
  writeFileSync(page, withSections(readFileSync(page, "utf8"), sectionsOf(readModelData(path))));
  return 0;
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
