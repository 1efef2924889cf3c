import { didYouMean } from "./did-you-mean.ts";
import { parseProperties } from "./properties-file.ts";
import type { WrittenSetting } from "./setting-origin.ts";

/** Prefix of the environment variables that are settings: `ODRADEK_LOG_RETENTION_MS`. */
export const ENVIRONMENT_PREFIX = "ODRADEK_";

/** Settings of a `.properties` file, in its order. */
export function settingsOfFile(path: string, text: string): WrittenSetting[] {
  return parseProperties(text).map(({ key, value, line }) => ({
    name: key,
    text: value.trim(),
    origin: { kind: "file", path, line },
  }));
}

/**
 * Settings of the environment: variables with the prefix whose rest is a known name in capitals, `.` as `_`. A variable
 * that matches no name is an error: a mistyped setting must not be dropped silently.
 */
export function settingsOfEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  knownNames: Iterable<string>,
): { settings: WrittenSetting[]; errors: string[] } {
  const namesByVariable = new Map<string, string>();
  for (const name of knownNames) namesByVariable.set(variableOf(name), name);

  const settings: WrittenSetting[] = [];
  const errors: string[] = [];
  for (const variable of Object.keys(environment).sort()) {
    const text = environment[variable];
    if (text === undefined || !variable.startsWith(ENVIRONMENT_PREFIX)) continue;
    const name = namesByVariable.get(variable);
    if (name !== undefined) {
      settings.push({ name, text: text.trim(), origin: { kind: "environment", variable } });
      continue;
    }
    const meant = didYouMean(variable, namesByVariable.keys());
    errors.push(`unknown environment variable ${variable}: ${meant ? `did you mean ${meant}?` : "unset it"}`);
  }
  return { settings, errors };
}

/** `log.retention.ms` → `ODRADEK_LOG_RETENTION_MS`. */
export function variableOf(name: string): string {
  return ENVIRONMENT_PREFIX + name.toUpperCase().replace(/[^A-Z0-9]/g, "_");
}
