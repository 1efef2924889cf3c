import { CliError, usageError } from "../../src/cli/cli-error.ts";
import type { SystemName } from "../systems/system.ts";
import type { SuiteOptions } from "./options.ts";
import { settingsKeyOf } from "./settings-key.ts";
import type { Workload } from "./workload.ts";

/** A workload with the systems that will run it, Odradek first, and its number of rounds. */
export interface PlannedWorkload {
  readonly workload: Workload;
  readonly systems: readonly SystemName[];
  readonly rounds: number;
}

type Choice = Pick<SuiteOptions, "peers" | "only" | "isFull" | "rounds" | "roundsDefault">;

/**
 * The workloads of a run. Families keep the registry's order (latency asks what ingest has measured); within one, those
 * that share settings follow each other, since other settings mean other brokers. Throws when nothing matches.
 */
export function chooseWorkloads(all: readonly Workload[], options: Choice): PlannedWorkload[] {
  const chosen = options.only.length > 0 ? matching(all, options.only) : isShortOrAll(all, options.isFull);
  const systems: readonly SystemName[] = ["odradek", ...options.peers];
  const planned = chosen
    .map((workload) => ({
      workload,
      systems: systems.filter((name) => workload.systems.includes(name)),
      rounds: options.rounds ?? Math.min(options.roundsDefault, workload.roundsMax ?? options.roundsDefault),
    }))
    .filter((plan) => plan.systems.length > 0);
  if (planned.length === 0)
    throw new CliError(
      `none of the ${chosen.length} chosen workloads runs on ${systems.join(" or ")}; --list shows what each runs on`,
    );
  return withSettingsTogether(planned);
}

function withSettingsTogether(planned: readonly PlannedWorkload[]): PlannedWorkload[] {
  const groups = new Map<string, PlannedWorkload[]>();
  const families = new Map<string, PlannedWorkload[][]>();
  for (const plan of planned) {
    const { family, kind, settings } = plan.workload;
    const key = JSON.stringify([family, kind, plan.systems.map((name) => settingsKeyOf(settings?.[name]))]);
    const group = groups.get(key);
    if (group !== undefined) {
      group.push(plan);
      continue;
    }
    const first = [plan];
    groups.set(key, first);
    families.set(family, [...(families.get(family) ?? []), first]);
  }
  return [...families.values()].flat(2);
}

function isShortOrAll(all: readonly Workload[], isFull: boolean): readonly Workload[] {
  return isFull ? all : all.filter(({ isShort }) => isShort);
}

/** A part that matches nothing is an error: the workload that somebody waits for would silently be missing. */
function matching(all: readonly Workload[], parts: readonly string[]): Workload[] {
  const has = ({ name, family }: Workload, part: string): boolean =>
    [name, family].some((text) => text.toLowerCase().includes(part.toLowerCase()));
  for (const part of parts) {
    if (all.some((workload) => has(workload, part))) continue;
    const families = [...new Set(all.map(({ family }) => family))].join(", ");
    throw usageError(
      `no workload has ${JSON.stringify(part)} in its name; the families are ${families} (--list shows all)`,
    );
  }
  return all.filter((workload) => parts.some((part) => has(workload, part)));
}
