import { expect, test } from "vitest";
import type { BrokerConfig } from "../../src/config/broker-config.ts";
import { ConfigSource, describeBrokerConfig, describeTopicConfig } from "../../src/config/describe-config.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { SettingType } from "../../src/config/setting.ts";

function broker(overrides: Record<string, string> = {}): BrokerConfig {
  const result = loadConfig({ overrides });
  if (!result.ok) throw new Error(result.error.map((error) => error.message).join("\n"));
  return result.value;
}

const find = <T extends { name: string }>(list: readonly T[], name: string) =>
  list.find((entry) => entry.name === name);

test("a broker's setting is described with its alias as the winning synonym", () => {
  const description = describeBrokerConfig(broker({ "log.retention.hours": "1" }));
  expect(find(description, "log.retention.ms")).toEqual({
    name: "log.retention.ms",
    value: "3600000",
    type: SettingType.LONG,
    source: ConfigSource.STATIC_BROKER,
    readOnly: true,
    sensitive: false,
    synonyms: [
      { name: "log.retention.hours", value: "1", source: ConfigSource.STATIC_BROKER },
      { name: "log.retention.ms", value: "604800000", source: ConfigSource.DEFAULT },
    ],
    documentation: expect.stringContaining("removed"),
  });
});

test("consoles find the protocol's version and the cleanup policy in a broker's description", () => {
  const description = describeBrokerConfig(broker());
  expect(find(description, "inter.broker.protocol.version")?.value).toMatch(/^3\.9/);
  expect(find(description, "log.cleanup.policy")?.value).toBe("delete");
});

test("descriptions are sorted, each name comes once, and each has documentation", () => {
  for (const list of [describeBrokerConfig(broker()), describeTopicConfig(broker(), {})]) {
    const names = list.map((entry) => entry.name);
    expect(names).toEqual([...new Set(names)].sort());
    expect(list.filter((entry) => entry.documentation === "")).toEqual([]);
  }
});

test("a topic's own value lies over the broker's, which lies over the default", () => {
  const description = describeTopicConfig(broker({ "log.segment.bytes": "2000000" }), {
    "segment.bytes": "1000000",
  });
  expect(find(description, "segment.bytes")).toMatchObject({
    value: "1000000",
    source: ConfigSource.TOPIC,
    readOnly: false,
    synonyms: [
      { name: "segment.bytes", value: "1000000", source: ConfigSource.TOPIC },
      { name: "log.segment.bytes", value: "2000000", source: ConfigSource.STATIC_BROKER },
      { name: "log.segment.bytes", value: "1073741824", source: ConfigSource.DEFAULT },
    ],
  });
});

test("a topic's value from the broker's file has the broker as its source", () => {
  const description = describeTopicConfig(broker({ "log.segment.bytes": "2000000" }), {});
  expect(find(description, "segment.bytes")).toMatchObject({
    value: "2000000",
    source: ConfigSource.STATIC_BROKER,
  });
  expect(find(description, "retention.ms")).toMatchObject({
    value: "604800000",
    source: ConfigSource.DEFAULT,
  });
});

test("kept settings of Kafka without effect are described as the topic's", () => {
  expect(find(describeTopicConfig(broker(), { "flush.ms": "1" }), "flush.ms")).toMatchObject({
    value: "1",
    source: ConfigSource.TOPIC,
  });
});
