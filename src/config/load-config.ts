import { resolve } from "node:path";
import { fail, ok, type Result } from "../base/result.ts";
import { arenaError } from "./arena-limit.ts";
import type { BrokerConfig, SettingState } from "./broker-config.ts";
import { brokerSettings } from "./broker-settings.ts";
import { didYouMean } from "./did-you-mean.ts";
import { knownKafkaBrokerSettings } from "./known-kafka-settings.ts";
import { resolveSetting } from "./resolve-setting.ts";
import type { Setting } from "./setting.ts";
import { describeOrigin, type WrittenSetting } from "./setting-origin.ts";
import type { TopicConfig } from "./topic-config.ts";
import { fixedSettings, topicSettings } from "./topic-settings.ts";
import { settingsOfEnvironment, settingsOfFile } from "./written-settings.ts";

export interface ConfigSources {
  /** A `.properties` file, already read. */
  readonly file?: { readonly path: string; readonly text: string } | null;
  /** `process.env`, or less of it. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Kafka's names, or their aliases, with texts: what `-X` and the other flags set. */
  readonly overrides?: readonly Override[] | Readonly<Record<string, string>>;
}

/** A setting made by a flag; `flag` is how the user wrote it, for messages. */
export interface Override {
  readonly name: string;
  readonly text: string;
  readonly flag: string;
}

/** A mistake in the configuration: one sentence with what is wrong, where, and what would be right. */
export interface ConfigError {
  readonly message: string;
}

/**
 * Merges file < environment < flags over the defaults, and validates. Pure apart from resolving a relative data
 * directory. All mistakes are reported at once. Known settings of Kafka that are not served become one warning.
 */
export function loadConfig(sources: ConfigSources): Result<BrokerConfig, readonly ConfigError[]> {
  const environment = settingsOfEnvironment(sources.env ?? {}, [
    ...servedNames(),
    ...knownKafkaBrokerSettings,
  ]);
  const written = [
    ...(sources.file ? settingsOfFile(sources.file.path, sources.file.text) : []),
    ...environment.settings,
    ...settingsOfFlags(sources.overrides ?? []),
  ];
  const errors = [...environment.errors, ...unknownNames(written), ...refusedFixed(written)];

  const settings = new Map<string, SettingState>();
  const value = (setting: Setting<unknown>): unknown => {
    const resolved = resolveSetting(setting, written);
    if (!resolved.ok) {
      errors.push(resolved.error);
      return null;
    }
    settings.set(setting.name, { setting, resolved: resolved.value });
    return resolved.value.value;
  };
  const brokerValues = mapValues(brokerSettings, value);
  const topicDefaults = mapValues(topicSettings, (setting) => value(setting.broker));
  if (errors.length > 0) return fail(errors.map((message) => ({ message })));

  const config = assembleConfig(brokerValues, topicDefaults, settings, notServedWarning(written));
  const limitErrors = limitErrorsOf(config);
  return limitErrors.length > 0 ? fail(limitErrors.map((message) => ({ message }))) : ok(config);
}

function servedNames(): string[] {
  const settings: Setting<unknown>[] = [...Object.values(brokerSettings), ...brokerSideOfTopics()];
  const names = settings.flatMap((setting) => [setting.name, ...setting.aliases.map((alias) => alias.name)]);
  return [...names, ...fixedSettings.map((fixed) => fixed.brokerName)];
}

function brokerSideOfTopics(): Setting<unknown>[] {
  return Object.values(topicSettings).map((setting) => setting.broker);
}

function settingsOfFlags(overrides: NonNullable<ConfigSources["overrides"]>): WrittenSetting[] {
  const listed: readonly Override[] = isList(overrides)
    ? overrides
    : Object.entries(overrides).map(([name, text]) => ({ name, text, flag: `-X ${name}` }));
  return listed.map(({ name, text, flag }) => ({ name, text: text.trim(), origin: { kind: "flag", flag } }));
}

function isList(overrides: NonNullable<ConfigSources["overrides"]>): overrides is readonly Override[] {
  return Array.isArray(overrides);
}

function unknownNames(written: readonly WrittenSetting[]): string[] {
  const served = new Set(servedNames());
  const errors: string[] = [];
  for (const { name, origin } of written) {
    if (served.has(name) || knownKafkaBrokerSettings.has(name)) continue;
    const meant = brokerNameOfTopicSetting(name) ?? didYouMean(name, served);
    const advice = meant ? `did you mean ${meant}?` : "`odradek config show` lists the settings";
    errors.push(`unknown setting ${name} (${describeOrigin(origin)}): ${advice}`);
  }
  return errors;
}

/** `retention.ms` in a broker's file is a topic's name for what the broker calls `log.retention.ms`. */
function brokerNameOfTopicSetting(name: string): string | null {
  const setting = Object.values(topicSettings).find((candidate) => candidate.name === name);
  return setting?.broker.name ?? null;
}

function refusedFixed(written: readonly WrittenSetting[]): string[] {
  return written.flatMap(({ name, text, origin }) => {
    const fixed = fixedSettings.find((candidate) => candidate.brokerName === name);
    if (fixed === undefined || text === fixed.onlyValue) return [];
    return [`${name}=${text} is refused: ${fixed.refusal} (${describeOrigin(origin)})`];
  });
}

function notServedWarning(written: readonly WrittenSetting[]): string[] {
  const names = [...new Set(written.map((setting) => setting.name))].filter((name) =>
    knownKafkaBrokerSettings.has(name),
  );
  return names.length === 0 ? [] : [`settings of Kafka that have no effect here: ${names.sort().join(", ")}`];
}

function mapValues<S extends Record<string, unknown>>(
  settings: S,
  value: (setting: S[keyof S]) => unknown,
): Record<keyof S, unknown> {
  const entries = Object.entries(settings).map(([field, setting]) => [field, value(setting as S[keyof S])]);
  return Object.fromEntries(entries) as Record<keyof S, unknown>;
}

/** Each value has gone through its setting's schema: the casts restate what the tables say. */
function assembleConfig(
  brokerValues: Record<keyof typeof brokerSettings, unknown>,
  topicValues: Record<keyof TopicConfig, unknown>,
  settings: ReadonlyMap<string, SettingState>,
  warnings: readonly string[],
): BrokerConfig {
  const { listener, dataDir, ...rest } = brokerValues;
  const { host, port } = listener as { host: string; port: number };
  const topicDefaults = Object.freeze(topicValues) as unknown as TopicConfig;
  return Object.freeze({
    ...rest,
    host,
    port,
    dataDir: resolve(dataDir as string),
    topicDefaults,
    messageMaxBytes: topicDefaults.maxMessageBytes,
    settings,
    warnings: Object.freeze(warnings),
  }) as unknown as BrokerConfig;
}

function limitErrorsOf(config: BrokerConfig): string[] {
  const errors: string[] = [];
  const arena = arenaError("message.max.bytes", config.messageMaxBytes, config.partitionArenaBytes);
  if (arena !== null) errors.push(arena);
  if (config.messageMaxBytes > config.socketRequestMaxBytes) {
    errors.push(
      `message.max.bytes=${config.messageMaxBytes} does not fit a request of socket.request.max.bytes=` +
        `${config.socketRequestMaxBytes}: raise the one or lower the other`,
    );
  }
  if (config.socketRequestMaxBytes > config.queuedMaxRequestBytes) {
    errors.push(
      `socket.request.max.bytes=${config.socketRequestMaxBytes} is more than queued.max.request.bytes=` +
        `${config.queuedMaxRequestBytes}: one request must fit what all may hold together`,
    );
  }
  return errors;
}
