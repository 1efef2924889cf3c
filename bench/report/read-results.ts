import { readFileSync } from "node:fs";
import * as z from "zod";
import { type Results, resultsSchema } from "../suite/results.ts";

/** The results file of a run. Throws with the file and what is wrong with it. */
export function readResults(path: string): Results {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(
      `${path} cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const parsed = resultsSchema.safeParse(json);
  if (!parsed.success)
    throw new Error(`${path} is not a results file of the bench:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
