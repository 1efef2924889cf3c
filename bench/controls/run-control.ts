import { CONTROL_NAMES, type ControlName } from "../suite/workload.ts";
import type { ControlOptions } from "./control.ts";
import { CONTROLS } from "./index.ts";

/**
 * One control in a process of its own: `run-control.ts <name> <options as JSON>` prints its metrics as one line of JSON.
 * In the suite's process it would hold up Ctrl-C and the progress bar, and its figures would have theirs in them.
 */
if (import.meta.main) {
  const [name, options] = process.argv.slice(2);
  if (!(CONTROL_NAMES as readonly unknown[]).includes(name) || options === undefined)
    throw new Error(`usage: run-control.ts <${CONTROL_NAMES.join("|")}> '{"seconds":3,"blockBytes":65536}'`);
  const metrics = await CONTROLS[name as ControlName](JSON.parse(options) as ControlOptions);
  process.stdout.write(`${JSON.stringify(metrics)}\n`, () => process.exit(0));
}
