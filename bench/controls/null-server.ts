import { runLoad } from "../load/load-options.ts";
import { startNullServer } from "../load/null-server.ts";
import type { ProduceOptions } from "../load/produce-load.ts";
import type { Metrics } from "../suite/metrics.ts";
import type { ControlOptions } from "./control.ts";

const CONNECTIONS = 4;
const IN_FLIGHT = 5;
const WARMUP_SECONDS = 0.5;
const RECORD_BYTES_MAX = 1024;

/**
 * The produce load against a Kafka server that does nothing: the generator's own ceiling. A figure of a broker that
 * comes near it says more about the generator than about the broker.
 */
export async function run({ seconds, blockBytes }: ControlOptions): Promise<Metrics> {
  await using server = await startNullServer();
  const options: ProduceOptions = {
    port: server.port,
    topic: "null",
    partitions: 1,
    batchBytes: blockBytes,
    recordBytes: Math.min(Math.max(blockBytes, 1), RECORD_BYTES_MAX),
    acks: 1,
    warmupSeconds: WARMUP_SECONDS,
    seconds,
    connections: CONNECTIONS,
    inFlight: IN_FLIGHT,
  };
  const result = await runLoad("produce-load", options);
  return {
    megabytesPerSecond: result.bytes / 1e6 / result.seconds,
    messagesPerSecond: result.records / result.seconds,
    requestsPerSecond: result.operations / result.seconds,
    loadCpuSecondsPerGigabyte: result.cpuSeconds / (result.bytes / 1e9),
  };
}

if (import.meta.main) {
  const blockBytes = Number(process.argv[2] ?? 64 * 1024);
  const metrics = await run({ seconds: 3, blockBytes });
  process.stdout.write(`null server, ${blockBytes} B batches: ${JSON.stringify(metrics)}\n`);
}
