import { expect, test } from "vitest";
import { loadConfig } from "../../src/config/load-config.ts";
import { topicConfig, topicSettingsWithoutEffect } from "../../src/config/topic-overrides.ts";

const broker = (() => {
  const result = loadConfig({ overrides: { "log.retention.hours": "1" } });
  if (!result.ok) throw new Error("the defaults must load");
  return result.value;
})();

function refusal(overrides: Record<string, string>): string {
  const result = topicConfig(broker, overrides);
  if (result.ok) throw new Error("expected the topic's configuration to be refused");
  return result.error;
}

test("a topic without settings has the broker's", () => {
  expect(topicConfig(broker, {})).toEqual({ ok: true, value: broker.topicDefaults });
});

test("a topic's settings lie over the broker's, and the rest stays", () => {
  const result = topicConfig(broker, { "segment.bytes": "65536", "write.caching": "TRUE" });
  expect(result).toEqual({
    ok: true,
    value: { ...broker.topicDefaults, segmentBytes: 65_536, writeCaching: true },
  });
  expect(result.ok && Object.isFrozen(result.value)).toBe(true);
});

test.each([
  [{ "segment.bytes": "x" }, "segment.bytes=x is not a whole number"],
  [{ "retention.ms": "-2" }, "retention.ms=-2 must be at least -1"],
  [{ "segment.byte": "1" }, "unknown topic setting segment.byte: did you mean segment.bytes?"],
  [{ "log.segment.bytes": "1" }, "unknown topic setting log.segment.bytes: did you mean segment.bytes?"],
  [{ nonsense: "1" }, "unknown topic setting nonsense"],
  [{ toString: "1" }, "unknown topic setting toString"],
])("%j is refused: %s", (overrides, message) => {
  expect(refusal(overrides as Record<string, string>)).toBe(message);
});

test("cleanup.policy=compact and a codec of the topic's own are refused with a remedy", () => {
  expect(refusal({ "cleanup.policy": "compact" })).toMatch(/^cleanup.policy=compact is refused: .* use /);
  expect(refusal({ "cleanup.policy": "compact,delete" })).toContain("is refused");
  expect(refusal({ "compression.type": "gzip" })).toContain("use compression.type=producer");
  expect(topicConfig(broker, { "cleanup.policy": "delete", "compression.type": "producer" }).ok).toBe(true);
});

test("a batch of the topic must fit half of the arena", () => {
  expect(refusal({ "max.message.bytes": "4194305" })).toContain(
    "raise partition.arena.bytes to at least 8388610",
  );
  expect(topicConfig(broker, { "max.message.bytes": "4194304" }).ok).toBe(true);
});

test("settings of Kafka without effect are kept and named", () => {
  const overrides = { "flush.messages": "1", "retention.ms": "5", "delete.retention.ms": "9" };
  expect(topicConfig(broker, overrides).ok).toBe(true);
  expect(topicSettingsWithoutEffect(overrides)).toEqual(["delete.retention.ms", "flush.messages"]);
});
