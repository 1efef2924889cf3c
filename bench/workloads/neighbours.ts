import { type MessageLoadResult, runMessageLoad } from "../load/nats-redis-load.ts";
import type { MeasureContext, Sample, Workload } from "../suite/workload.ts";
import type { SystemName } from "../systems/system.ts";
import { measureLibrdkafka } from "./clients.ts";
import { sizeName } from "./ingest.ts";
import {
  clientMetricsOf,
  createTopic,
  DURABILITIES,
  KIB,
  SAMPLE_BYTES_MAX,
  WARMUP_BYTES_MAX,
} from "./kafka-load.ts";

const MESSAGE_BYTES = [100, KIB];
const PARTITIONS = 1;
/** What JetStream's own bench takes for asynchronous publishing. */
const WINDOW = 4096;
const CONNECTIONS = 4;

const LOADS: Readonly<Partial<Record<SystemName, "nats-produce" | "redis-produce">>> = {
  nats: "nats-produce",
  redis: "redis-produce",
};

/** Other kinds of broker, roughly: messages of one size, each acknowledged, by a pipelining client of the system's own. */
export const NEIGHBOURS: readonly Workload[] = MESSAGE_BYTES.map((messageBytes) => ({
  kind: "load",
  name: `neighbours/1p/${sizeName(messageBytes)}`,
  family: "neighbours",
  description:
    `Messages of ${messageBytes} B to one partition (stream), acknowledged from the page cache. Odradek and Kafka by ` +
    `librdkafka (linger.ms=5), which batches; NATS JetStream and Redis Streams by ${CONNECTIONS} connections with ` +
    `${WINDOW} messages in flight each, one message a request: clients of different kinds, for a rough comparison.`,
  acknowledged: "page cache",
  systems: ["odradek", "kafka", "nats", "redis"],
  isShort: false,
  headline: "messagesPerSecond",
  settings: DURABILITIES["page cache"].settings,
  expectedSeconds: (seconds, warmupSeconds) => seconds + warmupSeconds + 2,
  measure: (context) => measure(context, messageBytes),
}));

async function measure(context: MeasureContext, messageBytes: number): Promise<Sample> {
  const { broker, topic, loadCpus: cpus, signal } = context;
  const script = LOADS[broker.system.name];
  if (script === undefined) {
    await createTopic(context, PARTITIONS);
    return await measureLibrdkafka(context, messageBytes, PARTITIONS);
  }
  await broker.createTopic(topic, PARTITIONS);
  broker.resetPeak();
  const result: MessageLoadResult = await runMessageLoad(
    script,
    {
      port: broker.port,
      topic,
      partitions: PARTITIONS,
      messageBytes,
      connections: CONNECTIONS,
      inFlight: WINDOW,
      warmupSeconds: context.warmupSeconds,
      warmupBytesMax: WARMUP_BYTES_MAX / 4,
      seconds: context.seconds,
      bytesMax: SAMPLE_BYTES_MAX / 4,
      brokerPid: broker.pid,
    },
    { cpus, signal },
  );
  return { metrics: clientMetricsOf(result, context) };
}
