import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventQueue } from "../../bench/model/event-queue.ts";
import { type SimulationOptions, simulate } from "../../bench/model/simulate.ts";
import { parseCounts } from "../../bench/model/system-calls.ts";

const SERVICE = 10e-6;

/** One partition thread is the only server, arrivals at random. */
const alone = (share: number, more: Partial<SimulationOptions> = {}): SimulationOptions => ({
  cores: 4,
  partitions: 1,
  seed: 7,
  load: { requestsPerSecond: share / SERVICE },
  arriveSeconds: 0,
  answerSeconds: 0,
  partitionSeconds: SERVICE,
  requests: 200_000,
  ...more,
});

describe("simulate()", () => {
  test.each([0.3, 0.5, 0.8])("waits as M/D/1 says at a load of %s", (share) => {
    const { meanWaitSeconds, partitionUtilisation } = simulate(alone(share));
    expect(partitionUtilisation / share).toBeCloseTo(1, 1);
    expect(meanWaitSeconds / ((share * SERVICE) / (2 * (1 - share)))).toBeCloseTo(1, 1);
  });

  test.each([0.3, 0.5, 0.8])(
    "answers as M/M/1 says at a load of %s, the 99th percentile included",
    (share) => {
      const { meanResponseSeconds, p99ResponseSeconds } = simulate(alone(share, { isExponential: true }));
      const expected = SERVICE / (1 - share);
      expect(Math.abs(meanResponseSeconds / expected - 1)).toBeLessThan(0.05);
      expect(Math.abs(p99ResponseSeconds / (expected * Math.log(100)) - 1)).toBeLessThan(0.1);
    },
  );

  test("wakes a thread for the share of arrivals that find it idle", () => {
    const { wakeUpsPerRequest } = simulate(alone(0.6));
    expect(wakeUpsPerRequest).toBeCloseTo(0.4, 2);
  });

  test("a closed loop fills its slowest thread, and the same seed gives the same run", () => {
    const options: SimulationOptions = {
      cores: 16,
      partitions: 12,
      seed: 1,
      load: { chunksInFlight: 20 },
      arriveSeconds: 5e-6,
      answerSeconds: 5e-6,
      partitionSeconds: 30e-6,
      requests: 20_000,
    };
    const result = simulate(options);
    expect(result.mainUtilisation).toBeCloseTo(1, 2);
    expect(result.requestsPerSecond / 100_000).toBeCloseTo(1, 2);
    expect(simulate(options)).toEqual(result);
  });

  test("cores that are too few are all busy", () => {
    const { coreUtilisation, requestsPerSecond } = simulate({
      cores: 2,
      partitions: 4,
      seed: 1,
      load: { chunksInFlight: 40 },
      arriveSeconds: 5e-6,
      answerSeconds: 5e-6,
      partitionSeconds: 90e-6,
      requests: 20_000,
    });
    expect(coreUtilisation).toBeGreaterThan(0.97);
    expect(requestsPerSecond / 20_000).toBeCloseTo(1, 1);
  });
});

test("events come by time, and in order of adding at equal times", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 }), (times) => {
      const queue = new EventQueue<number>();
      for (const [index, at] of times.entries()) queue.add(at, index);
      const taken: { at: number; event: number }[] = [];
      for (let next = queue.take(); next !== null; next = queue.take()) {
        taken.push({ at: next.at, event: next.event });
      }
      const expected = times.map((at, event) => ({ at, event })).toSorted((a, b) => a.at - b.at);
      expect(taken).toEqual(expected);
    }),
  );
});

test("system calls are summed up by the role of their thread", () => {
  const text = [
    "bun-934,25967,,raw_syscalls:sys_enter,736139994,100.00,,",
    "partition-1-947,9537,,raw_syscalls:sys_enter,483796623,100.00,,",
    "partition-0-946,9449,,raw_syscalls:sys_enter,485334766,100.00,,",
    "Bun Pool 1-938,59,,raw_syscalls:sys_enter,1604929,100.00,,",
    "tokio-rt-worker-948,<not counted>,,raw_syscalls:sys_enter,0,100.00,,",
    "partition-0-946,2883,,syscalls:sys_enter_pwrite64,485334766,100.00,,",
  ].join("\n");
  expect(parseCounts(text, 934)).toEqual({
    main: { all: 25967 },
    partition: { all: 18986, pwrite64: 2883 },
    rest: { all: 59 },
  });
});
