import { describe, expect, test } from "vitest";
import { parseJavaPerf } from "../../bench/load/java-perf-output.ts";
import { parseConsumed, parseProduced } from "../../bench/load/librdkafka-output.ts";

describe("kafka-producer-perf-test", () => {
  const WARM = `Warmup first 100000 records. Steady state results will print after the complete test summary.
In steady state.
1 records sent, 0.2 records/sec (0.00 MB/sec), 5852.0 ms avg latency, 5852.0 ms max latency.
200000 records sent, 14178.363817 records/sec (1.35 MB/sec), 5686.90 ms avg latency, 7684.00 ms max latency, 6011 ms 50th, 7590 ms 95th, 7660 ms 99th, 7667 ms 99.9th.
100000 steady state records sent, 10197.838058 records/sec (0.97 MB/sec), 7040.16 ms avg latency, 7684.00 ms max latency, 7239 ms 50th, 7611 ms 95th, 7663 ms 99th, 7667 ms 99.9th.
`;
  const FAILED =
    "0 records sent, 0.000000 records/sec (0.00 MB/sec), NaN ms avg latency, 0.00 ms max latency, 0 ms 50th, 0 ms 95th, 0 ms 99th, 0 ms 99.9th.\n";

  test("the steady state counts when there was a warm-up", () => {
    expect(parseJavaPerf(WARM, 100_000)).toEqual({
      records: 100_000,
      recordsPerSecond: 10197.838058,
      latency: { average: 7040.16, max: 7684, p50: 7239, p95: 7611, p99: 7663, p999: 7667 },
    });
  });

  test("without a warm-up the only summary counts", () => {
    const output = WARM.split("\n")[3]!;
    expect(parseJavaPerf(output, 200_000).latency.p99).toBe(7660);
  });

  test("records that were not acknowledged are an error, and so is no summary", () => {
    expect(() => parseJavaPerf(WARM, 200_000)).toThrow(/100000 of 200000 records acknowledged/);
    expect(() => parseJavaPerf(FAILED, 20)).toThrow(/no figures/);
    expect(() => parseJavaPerf("", 20)).toThrow(/no figures/);
  });
});

describe("rdkafka_performance", () => {
  const PRODUCED = `% Sending 300000 messages of size 100 bytes
% 2 backpressures for 300000 produce calls: 0.001% backpressure rate
|    elapsed |       msgs |      bytes |        rtt |         dr |     dr_m/s |    dr_MB/s |     dr_err |     tx_err |       outq |     offset 
|        248 |     300000 |   30000000 |          0 |     300000 |    1208225 |     120.82 |          0 |          2 |          0 |      86334 
`;
  const REFUSED = `% Sending 3000 messages of size 100 bytes
|    elapsed |       msgs |      bytes |        rtt |         dr |     dr_m/s |    dr_MB/s |     dr_err |     tx_err |       outq |     offset 
|       1000 |       3000 |     300000 |        166 |          0 |          0 |       0.00 |          0 |          0 |       3000 |          0 
|       1005 |       3000 |     300000 |        166 |          0 |          0 |       0.00 |       3000 |          0 |          0 | 18446744073709550615 
`;
  const CONSUMED = `|    elapsed |       msgs |      bytes |        rtt |        m/s |       MB/s |     rx_err |     offset 
|          0 |          0 |          0 |          0 |          0 |       0.00 |          0 |          0 
|        158 |     408908 |   40890800 |          0 |    2585570 |     258.56 |          0 |     408907 
% Average application fetch latency: 1us
`;
  const NO_PARTITION = `|    elapsed |       msgs |      bytes |        rtt |        m/s |       MB/s |     rx_err |     offset 
|          0 |          0 |          0 |          0 |          0 |       0.00 |          0 |          0 
% Consume error for topic "t" [3] offset 0: t [3]: desired partition is not available (Local: Unknown partition)
|    3394026 |          0 |          0 |          0 |          0 |       0.00 |          1 |          0 
`;

  test("what a producer had delivered is in the last row", () => {
    expect(parseProduced(PRODUCED, 300_000)).toEqual({ seconds: 0.248, delivered: 300_000 });
  });

  test("messages that were not delivered are an error", () => {
    expect(() => parseProduced(REFUSED, 3000)).toThrow(/0 of 3000 messages delivered, 3000 failed/);
    expect(() => parseProduced(PRODUCED, 300_001)).toThrow(/300000 of 300001/);
    expect(() => parseProduced("", 1)).toThrow(/no figures/);
  });

  test("what a consumer read is in the last row", () => {
    expect(parseConsumed(CONSUMED, 400_000)).toEqual({
      seconds: 0.158,
      messages: 408_908,
      bytes: 40_890_800,
    });
  });

  test("too few messages are an error", () => {
    expect(() => parseConsumed(NO_PARTITION, 400_000)).toThrow(/0 of 400000 messages, 1 errors/);
    expect(() => parseConsumed(PRODUCED, 1)).toThrow(/printed no rx_err/);
  });
});
