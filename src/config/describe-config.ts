import type { BrokerConfig } from "./broker-config.ts";
import { knownKafkaTopicSettings } from "./known-kafka-settings.ts";
import type { ResolvedSetting } from "./resolve-setting.ts";
import { type Setting, SettingType } from "./setting.ts";
import { fixedSettings, topicSettings } from "./topic-settings.ts";

/** Where a described value comes from, with the codes of DescribeConfigs. */
export const ConfigSource = {
  TOPIC: 1,
  STATIC_BROKER: 4,
  DEFAULT: 5,
} as const;
export type ConfigSource = (typeof ConfigSource)[keyof typeof ConfigSource];

/** One entry of a DescribeConfigs answer. */
export interface ConfigDescription {
  readonly name: string;
  readonly value: string | null;
  readonly type: SettingType;
  readonly source: ConfigSource;
  readonly readOnly: boolean;
  readonly sensitive: boolean;
  /** The values that lie under this one, the winning one first. */
  readonly synonyms: readonly ConfigSynonym[];
  readonly documentation: string;
}

export interface ConfigSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: ConfigSource;
}

/** The release whose protocol this broker speaks: consoles choose their features by it. */
const INTER_BROKER_PROTOCOL_VERSION = "3.9-IV0";

/** Every setting of the broker, sorted by name. All are read-only: they are set at start. */
export function describeBrokerConfig(broker: BrokerConfig): ConfigDescription[] {
  const served = [...broker.settings.values()].map(({ setting, resolved }) =>
    describeSetting(setting, resolved),
  );
  const fixed = fixedSettings.map((setting) =>
    constant(setting.brokerName, setting.onlyValue, setting.type, setting.help, true),
  );
  const protocol = constant(
    "inter.broker.protocol.version",
    INTER_BROKER_PROTOCOL_VERSION,
    SettingType.STRING,
    "The release of Kafka whose protocol this broker speaks. Cannot be set.",
    true,
  );
  return [...served, ...fixed, protocol].sort(byName);
}

/** Every setting of a topic, and what is kept for it without effect, sorted by name. */
export function describeTopicConfig(
  broker: BrokerConfig,
  overrides: Readonly<Record<string, string>>,
): ConfigDescription[] {
  const served = Object.values(topicSettings).map(({ name, broker: brokerSetting }) => {
    const under = describeSetting(brokerSetting, broker.settings.get(brokerSetting.name)!.resolved);
    return withOverride({ ...under, name, readOnly: false }, overrides[name]);
  });
  const fixed = fixedSettings.map((setting) =>
    withOverride(
      constant(setting.topicName, setting.onlyValue, setting.type, setting.help, false),
      overrides[setting.topicName],
    ),
  );
  const kept = Object.keys(overrides)
    .filter((name) => knownKafkaTopicSettings.has(name))
    .map((name) =>
      withOverride(
        constant(name, null, SettingType.STRING, "Kept, without effect here.", false),
        overrides[name],
      ),
    );
  return [...served, ...fixed, ...kept].sort(byName);
}

function describeSetting(setting: Setting<unknown>, resolved: ResolvedSetting<unknown>): ConfigDescription {
  const byDefault: ConfigSynonym = {
    name: setting.name,
    value: setting.default,
    source: ConfigSource.DEFAULT,
  };
  const written = resolved.written;
  const synonyms = written
    ? [{ name: written.name, value: written.text, source: ConfigSource.STATIC_BROKER }, byDefault]
    : [byDefault];
  return {
    name: setting.name,
    value: resolved.text,
    type: setting.type,
    source: written ? ConfigSource.STATIC_BROKER : ConfigSource.DEFAULT,
    readOnly: true,
    sensitive: false,
    synonyms,
    documentation: setting.help,
  };
}

function constant(
  name: string,
  value: string | null,
  type: SettingType,
  documentation: string,
  readOnly: boolean,
): ConfigDescription {
  const source = ConfigSource.DEFAULT;
  const synonyms = value === null ? [] : [{ name, value, source }];
  return { name, value, type, source, readOnly, sensitive: false, synonyms, documentation };
}

function withOverride(under: ConfigDescription, text: string | undefined): ConfigDescription {
  if (text === undefined) return under;
  const own: ConfigSynonym = { name: under.name, value: text, source: ConfigSource.TOPIC };
  return { ...under, value: text, source: ConfigSource.TOPIC, synonyms: [own, ...under.synonyms] };
}

function byName(a: ConfigDescription, b: ConfigDescription): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
