import { type LibrdkafkaProduceOptions, produceToLibrdkafkaMock } from "../load/librdkafka.ts";
import type { Metrics } from "../suite/metrics.ts";
import type { ControlOptions } from "./control.ts";

const CALIBRATION_MESSAGES = 500_000;

/** librdkafka into the broker that it plays itself, in one process: the client's own ceiling. Blocks are messages. */
export async function run({ seconds, blockBytes }: ControlOptions): Promise<Metrics> {
  const options: Omit<LibrdkafkaProduceOptions, "port"> = {
    topic: "mock",
    messageBytes: blockBytes,
    messages: CALIBRATION_MESSAGES,
    acks: 1,
  };
  const first = await produceToLibrdkafkaMock(options);
  const messages = Math.ceil((first.records / first.seconds) * seconds);
  const result = await produceToLibrdkafkaMock({ ...options, messages });
  return {
    megabytesPerSecond: result.bytes / 1e6 / result.seconds,
    messagesPerSecond: result.records / result.seconds,
    loadCpuSecondsPerGigabyte: result.cpuSeconds / (result.bytes / 1e9),
  };
}

if (import.meta.main) {
  const metrics = await run({ seconds: 3, blockBytes: Number(process.argv[2] ?? 100) });
  process.stdout.write(`librdkafka into its mock broker: ${JSON.stringify(metrics)}\n`);
}
