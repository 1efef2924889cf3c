import { afterEach, beforeEach, expect, test } from "vitest";
import { findJavaPerf } from "../../bench/load/java-perf.ts";
import { findLibrdkafka } from "../../bench/load/librdkafka.ts";
import { SYSTEMS } from "../../bench/systems/index.ts";
import type { Availability } from "../../bench/systems/system.ts";

const path = process.env.PATH;
beforeEach(() => {
  process.env.PATH = "";
});
afterEach(() => {
  process.env.PATH = path;
});

/** Whether they may be installed or not: there is nothing that could install them. */
const CASES: readonly [name: string, find: (install: boolean) => Promise<Availability>, reason: RegExp][] = [
  ["kafka", (install) => SYSTEMS.kafka.find({ install }), /java is missing: apt-get install openjdk/],
  [
    "nats",
    (install) => SYSTEMS.nats.find({ install }),
    /nats-server is missing: apt-get install nats-server/,
  ],
  [
    "redis",
    (install) => SYSTEMS.redis.find({ install }),
    /redis-server is missing: apt-get install redis-server/,
  ],
  ["kafka-producer-perf-test", (install) => findJavaPerf({ install }), /java is missing: apt-get install/],
  [
    "rdkafka_performance",
    (install) => findLibrdkafka({ install }),
    /gcc is.* missing: apt-get install librdkafka-dev/,
  ],
];

for (const [name, find, reason] of CASES) {
  test(`${name} says what is missing and how to get it`, async () => {
    for (const install of [false, true]) {
      const availability = await find(install);
      expect(availability.available).toBe(false);
      if (!availability.available) expect(availability.reason).toMatch(reason);
    }
  });
}
