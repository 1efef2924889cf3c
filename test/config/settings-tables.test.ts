import { expect, test } from "vitest";
import { brokerSettings } from "../../src/config/broker-settings.ts";
import { knownKafkaBrokerSettings, knownKafkaTopicSettings } from "../../src/config/known-kafka-settings.ts";
import type { Setting } from "../../src/config/setting.ts";
import { fixedSettings, topicSettings } from "../../src/config/topic-settings.ts";
import { variableOf } from "../../src/config/written-settings.ts";

const settings: Setting<unknown>[] = [
  ...Object.values(brokerSettings),
  ...Object.values(topicSettings).map((setting) => setting.broker),
];
const brokerNames = [
  ...settings.flatMap((setting) => [setting.name, ...setting.aliases.map((alias) => alias.name)]),
  ...fixedSettings.map((fixed) => fixed.brokerName),
];
const topicNames = [
  ...Object.values(topicSettings).map((setting) => setting.name),
  ...fixedSettings.map((fixed) => fixed.topicName),
];

test("each name stands for one setting, and none is both served and without effect", () => {
  expect(new Set(brokerNames).size).toBe(brokerNames.length);
  expect(new Set(topicNames).size).toBe(topicNames.length);
  expect(brokerNames.filter((name) => knownKafkaBrokerSettings.has(name))).toEqual([]);
  expect(topicNames.filter((name) => knownKafkaTopicSettings.has(name))).toEqual([]);
});

test("each name has an environment variable of its own", () => {
  const variables = [...brokerNames, ...knownKafkaBrokerSettings].map(variableOf);
  expect(new Set(variables).size).toBe(variables.length);
  expect(variableOf("log.retention.ms")).toBe("ODRADEK_LOG_RETENTION_MS");
});

test("each default is valid, and each setting has help that ends in a full stop", () => {
  for (const setting of settings) {
    if (setting.default !== null) expect(setting.schema.safeParse(setting.default).success).toBe(true);
    expect(setting.help).toMatch(/^[A-Z].*\.$/);
  }
});
