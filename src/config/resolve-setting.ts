import { fail, ok, type Result } from "../base/result.ts";
import type { Setting } from "./setting.ts";
import { describeOrigin, type SettingOrigin, type WrittenSetting } from "./setting-origin.ts";

/** The outcome for one setting: its value, the text of it in the setting's own unit, and who set it. */
export interface ResolvedSetting<T> {
  readonly value: T | null;
  readonly text: string | null;
  readonly origin: SettingOrigin;
  /** What was written, where the value is not the default: the name may be an alias. */
  readonly written: WrittenSetting | null;
}

/**
 * Chooses among everything that was written for a setting: the layer that wins (flag, environment, file), within a layer the
 * setting's own name, then its aliases in their order (Kafka: `ms` before `minutes` before `hours`), then the last
 * one written. Pure.
 */
export function resolveSetting<T>(
  setting: Setting<T>,
  written: readonly WrittenSetting[],
): Result<ResolvedSetting<T>, string> {
  const winner = chooseWritten(setting, written);
  if (winner === null) return resolveDefault(setting);

  const text = inOwnUnit(setting, winner);
  const parsed = setting.schema.safeParse(text);
  if (parsed.success) {
    return ok({ value: parsed.data, text, origin: winner.origin, written: winner });
  }
  const reason = parsed.error.issues[0]!.message;
  return fail(`${winner.name}=${winner.text} ${reason} (${describeOrigin(winner.origin)})`);
}

function chooseWritten<T>(setting: Setting<T>, written: readonly WrittenSetting[]): WrittenSetting | null {
  const names = [setting.name, ...setting.aliases.map((alias) => alias.name)];
  let winner: WrittenSetting | null = null;
  for (const candidate of written) {
    const rank = names.indexOf(candidate.name);
    if (rank < 0) continue;
    const layer = LAYERS[candidate.origin.kind];
    if (winner !== null) {
      const winnerLayer = LAYERS[winner.origin.kind];
      if (layer < winnerLayer) continue;
      if (layer === winnerLayer && rank > names.indexOf(winner.name)) continue;
    }
    winner = candidate;
  }
  return winner;
}

const LAYERS: Readonly<Record<SettingOrigin["kind"], number>> = {
  default: 0,
  file: 1,
  environment: 2,
  flag: 3,
};

function resolveDefault<T>(setting: Setting<T>): Result<ResolvedSetting<T>, string> {
  const origin: SettingOrigin = { kind: "default" };
  const text = setting.default;
  if (text === null) return ok({ value: null, text, origin, written: null });
  return ok({ value: setting.schema.parse(text), text, origin, written: null });
}

/** Kafka reads any negative `log.retention.hours` as "no limit", which is -1 in the setting's own unit. */
function inOwnUnit<T>(setting: Setting<T>, winner: WrittenSetting): string {
  const factor = setting.aliases.find((alias) => alias.name === winner.name)?.factor ?? 1;
  if (factor === 1 || !/^[+-]?\d{1,19}$/.test(winner.text)) return winner.text;
  const count = BigInt(winner.text);
  if (count < 0n) return "-1";
  const product = count * BigInt(factor);
  return String(product < INT64_MAX ? product : INT64_MAX);
}

const INT64_MAX = 2n ** 63n - 1n;
