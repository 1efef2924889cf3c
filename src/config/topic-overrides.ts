import { fail, ok, type Result } from "../base/result.ts";
import { arenaError } from "./arena-limit.ts";
import type { BrokerConfig } from "./broker-config.ts";
import { didYouMean } from "./did-you-mean.ts";
import { knownKafkaTopicSettings } from "./known-kafka-settings.ts";
import type { TopicConfig } from "./topic-config.ts";
import { fixedSettings, topicSettings } from "./topic-settings.ts";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * A topic's effective configuration: the broker's defaults with the topic's own settings over them. An unknown name,
 * a bad value or a value that is not served is an error, one sentence that a client may see. Pure.
 */
export function topicConfig(
  broker: Pick<BrokerConfig, "topicDefaults" | "partitionArenaBytes">,
  overrides: Readonly<Record<string, string>>,
): Result<TopicConfig, string> {
  const config: Mutable<TopicConfig> = { ...broker.topicDefaults };
  for (const [name, text] of Object.entries(overrides)) {
    const error = applyOverride(config, name, text.trim());
    if (error !== null) return fail(error);
  }
  const arena = arenaError("max.message.bytes", config.maxMessageBytes, broker.partitionArenaBytes);
  return arena === null ? ok(Object.freeze(config)) : fail(arena);
}

/** Settings of Kafka among `overrides` that are kept with the topic and change nothing here. Pure. */
export function topicSettingsWithoutEffect(overrides: Readonly<Record<string, string>>): string[] {
  return Object.keys(overrides)
    .filter((name) => knownKafkaTopicSettings.has(name))
    .sort();
}

function applyOverride(config: Mutable<TopicConfig>, name: string, text: string): string | null {
  for (const field of Object.keys(topicSettings) as (keyof TopicConfig)[]) {
    if (topicSettings[field].name === name) return applyField(config, field, text);
  }
  const fixed = fixedSettings.find((candidate) => candidate.topicName === name);
  if (fixed !== undefined)
    return text === fixed.onlyValue ? null : `${name}=${text} is refused: ${fixed.refusal}`;
  if (knownKafkaTopicSettings.has(name)) return null;
  return unknownTopicSetting(name);
}

function applyField<Field extends keyof TopicConfig>(
  config: Mutable<TopicConfig>,
  field: Field,
  text: string,
): string | null {
  const setting = topicSettings[field];
  const parsed = setting.broker.schema.safeParse(text);
  if (!parsed.success) return `${setting.name}=${text} ${parsed.error.issues[0]!.message}`;
  config[field] = parsed.data as TopicConfig[Field];
  return null;
}

function unknownTopicSetting(name: string): string {
  const byBrokerName = Object.values(topicSettings).find((setting) => setting.broker.name === name);
  const names = Object.values(topicSettings).map((setting) => setting.name);
  const meant = byBrokerName?.name ?? didYouMean(name, names);
  return `unknown topic setting ${name}${meant ? `: did you mean ${meant}?` : ""}`;
}
