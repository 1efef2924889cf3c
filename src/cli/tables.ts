import { styleText } from "node:util";
import Table from "cli-table3";
import type { CliIo } from "./cli-io.ts";

/** A table for people: aligned columns, heads in bold on a terminal. No rows: the head alone. */
export function formatTable(
  io: CliIo,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const isStyled = io.stdout.isTTY === true && !io.env.NO_COLOR;
  const table = new Table({
    head: head.map((title) => (isStyled ? styleText("bold", title) : title)),
    chars: NO_BORDERS,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
  });
  for (const row of rows) table.push([...row]);
  const lines = table.toString().split("\n");
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

const NO_BORDERS = Object.fromEntries(
  [
    ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"],
    ["left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"],
  ]
    .flat()
    .map((name) => [name, ""]),
);

export function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
