import * as z from "zod";
import { type Setting, type SettingAlias, SettingType, type Unit } from "./setting.ts";

/**
 * Makers of settings, one per kind of value. Messages of the schemas complete the sentence "<name>=<text> …".
 */
interface Common {
  readonly name: string;
  readonly help: string;
  readonly aliases?: readonly SettingAlias[];
}

interface Whole extends Common {
  readonly default: number | string | null;
  readonly unit: Unit;
  readonly min: number;
  readonly max?: number;
}

const INT32_MAX = 2 ** 31 - 1;

/** A whole number that fits 32 bits. */
export function int(options: Whole): Setting<number> {
  return whole(options, SettingType.INT, INT32_MAX);
}

/** A whole number; text beyond 2^53 saturates, so that Kafka's `9223372036854775807` reads as "no limit". */
export function long(options: Whole): Setting<number> {
  return whole(options, SettingType.LONG, Number.MAX_SAFE_INTEGER);
}

function whole(options: Whole, type: SettingType, typeMax: number): Setting<number> {
  const { min, max = typeMax } = options;
  const schema = z
    .string()
    .regex(/^[+-]?\d{1,19}$/, "is not a whole number")
    .transform((text) => Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number(text), Number.MAX_SAFE_INTEGER)))
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));
  return setting(options, type, options.unit, options.default, schema);
}

export function boolean(options: Common & { readonly default: boolean }): Setting<boolean> {
  const schema = z
    .string()
    .toLowerCase()
    .pipe(z.enum(["true", "false"], "must be true or false"))
    .transform((text) => text === "true");
  return setting(options, SettingType.BOOLEAN, null, options.default, schema);
}

export function text(options: Common & { readonly default: string | null }): Setting<string> {
  const schema = z.string().min(1, "must not be empty");
  return setting(options, SettingType.STRING, null, options.default, schema);
}

export function oneOf<const Name extends string>(
  options: Common & { readonly default: Name; readonly values: readonly [Name, ...Name[]] },
): Setting<Name> {
  const schema = z.string().pipe(z.enum(options.values, `must be one of ${options.values.join(", ")}`));
  return setting(options, SettingType.STRING, null, options.default, schema);
}

/** A list whose parts are read as one value by `schema`. */
export function list<T>(
  options: Common & { readonly default: string | null; readonly schema: z.ZodType<T, string> },
): Setting<T> {
  return setting(options, SettingType.LIST, null, options.default, options.schema);
}

function setting<T>(
  common: Common,
  type: SettingType,
  unit: Unit,
  fallback: string | number | boolean | null,
  schema: z.ZodType<T, string>,
): Setting<T> {
  const { name, help, aliases = [] } = common;
  return { name, type, unit, default: fallback === null ? null : String(fallback), schema, help, aliases };
}
