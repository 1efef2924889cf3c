import { DiskError } from "../io/files.ts";
import { filesOfThisPlatform } from "../io/files-of-this-platform.ts";
import { type Inspection, inspectFile } from "../log/inspect.ts";
import { CliError, systemErrorReason } from "./cli-error.ts";
import { type CliIo, DataOutput } from "./cli-io.ts";
import type { OutputFormat } from "./output-formats.ts";
import { bytesAsJson } from "./record-format.ts";

export interface DumpLogOptions {
  readonly records?: boolean;
  readonly format: OutputFormat;
}

/**
 * Prints a file of a partition's directory, a line for each thing in it. What is wrong is said where it stands, and once
 * more at the end, with exit code 1. The end of a file that a broker is writing may look wrong.
 */
export async function runDumpLog(path: string, options: DumpLogOptions, io: CliIo): Promise<void> {
  const output = new DataOutput(io.stdout);
  const lineOf = options.format === "json" ? asJson : asText;
  const problems: string[] = [];
  let problemCount = 0;
  try {
    for (const found of inspectFile(filesOfThisPlatform(), path, { records: options.records === true })) {
      await output.write(`${lineOf(found)}\n`);
      const problem = firstProblemOf(found);
      if (problem === null) continue;
      problemCount++;
      if (problems.length < PROBLEMS_SAID_MAX) problems.push(problem);
    }
  } catch (error) {
    if (error instanceof DiskError) throw new CliError(`${path} cannot be read: ${systemErrorReason(error)}`);
    throw error;
  }
  if (problemCount === 0) return;
  const more = problemCount > problems.length ? `; and ${problemCount - problems.length} more` : "";
  throw new CliError(`${path} is not in order: ${problems.join("; ")}${more}`);
}

/** Problems that the last line repeats. */
const PROBLEMS_SAID_MAX = 3;

function firstProblemOf(found: Inspection): string | null {
  if (found.kind === "problem") return found.message;
  if (!("problems" in found) || found.problems.length === 0) return null;
  return found.kind === "batch"
    ? `the batch at byte ${found.position}: ${found.problems[0]}`
    : `the entry for offset ${found.offset}: ${found.problems[0]}`;
}

/** `position: 0 sizeBytes: 72 …`, in the manner of `kafka-dump-log`; records are indented below their batch. */
function asText(found: Inspection): string {
  if (found.kind === "problem") return `problem: ${found.message}`;
  const isRecord = found.kind === "record";
  const words = Object.entries(fieldsOf(found))
    .filter(([, value]) => !Array.isArray(value) || value.length > 0)
    .map(([name, value]) => `${name}: ${isRecord || Array.isArray(value) ? JSON.stringify(value) : value}`);
  return `${isRecord ? "  " : ""}${words.join(" ")}`;
}

function asJson(found: Inspection): string {
  return JSON.stringify({ kind: found.kind, ...fieldsOf(found) });
}

function fieldsOf(found: Inspection): Record<string, unknown> {
  if (found.kind !== "record") {
    const { kind: _, ...fields } = found;
    return fields;
  }
  const { offset, timestampMs, key, value, headers } = found;
  return {
    offset,
    timestampMs,
    ...bytesAsJson("key", key),
    ...bytesAsJson("value", value),
    headers: headers.map((header) => ({ key: header.key, ...bytesAsJson("value", header.value) })),
  };
}
