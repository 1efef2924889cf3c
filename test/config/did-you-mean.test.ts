import { expect, test } from "vitest";
import { didYouMean } from "../../src/config/did-you-mean.ts";

const names = ["log.retention.ms", "log.retention.bytes", "num.partitions"];

test.each([
  ["log.retention.m", "log.retention.ms"],
  ["log.retenton.bytes", "log.retention.bytes"],
  ["numpartitions", "num.partitions"],
])("%s is taken for %s", (typed, meant) => {
  expect(didYouMean(typed, names)).toBe(meant);
});

test("suggests nothing for a name that resembles none", () => {
  expect(didYouMean("zookeeper", names)).toBeNull();
});
