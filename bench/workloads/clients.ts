import { runJavaPerf } from "../load/java-perf.ts";
import { type LibrdkafkaProduceOptions, produceWithLibrdkafka } from "../load/librdkafka.ts";
import type { MeasureContext, Sample, Workload } from "../suite/workload.ts";
import { sizeName } from "./ingest.ts";
import {
  clientMetricsOf,
  createTopic,
  DURABILITIES,
  KAFKA_SYSTEMS,
  KIB,
  SAMPLE_BYTES_MAX,
} from "./kafka-load.ts";

/** Clients that people use, at the defaults that matter; records a second is what they are known by. */
const MESSAGE_BYTES = [100, KIB];
const PARTITIONS = [1, 12];
/** A first guess of a client's speed, from which its count of messages is worked out. */
const CALIBRATION_MESSAGES = 300_000;
const CALIBRATIONS_MAX = 20;
/** Java compiles as it runs; what it sends meanwhile is not counted. */
const JAVA_RECORDS_PER_SECOND = 250_000;
const JAVA_WARMUP_SECONDS = 5;
const JAVA_START_SECONDS = 2;

const { acks, acknowledged, meaning, settings } = DURABILITIES["page cache"];

export const CLIENTS: readonly Workload[] = [
  ...MESSAGE_BYTES.flatMap((messageBytes) =>
    PARTITIONS.map((partitions) => librdkafka(messageBytes, partitions)),
  ),
  ...PARTITIONS.map(javaPerf),
];

function librdkafka(messageBytes: number, partitions: number): Workload {
  return {
    kind: "load",
    name: `librdkafka/${partitions}p/${sizeName(messageBytes)}/acks=1`,
    family: "librdkafka",
    description:
      `librdkafka's own rdkafka_performance, one producer with linger.ms=5, messages of ${messageBytes} B to ` +
      `${partitions} partition(s); ${meaning}. Beside it the same into librdkafka's mock broker: the client's ceiling.`,
    acknowledged,
    systems: KAFKA_SYSTEMS,
    isShort: false,
    controls: [{ name: "librdkafka-mock", blockBytes: messageBytes }],
    headline: "messagesPerSecond",
    settings,
    expectedSeconds: (seconds, warmupSeconds) => seconds + warmupSeconds + 2,
    measure: async (context) => {
      await createTopic(context, partitions);
      return await measureLibrdkafka(context, messageBytes, partitions);
    },
  };
}

/** Its program counts messages, not seconds: the warm-up tells how many the measured stretch takes. */
export async function measureLibrdkafka(
  context: MeasureContext,
  messageBytes: number,
  partitions: number,
): Promise<Sample> {
  const { broker, topic, signal, loadCpus: cpus } = context;
  const run = { cpus, signal, brokerPid: broker.pid };
  const options: LibrdkafkaProduceOptions = {
    port: broker.port,
    topic,
    messageBytes,
    messages: CALIBRATION_MESSAGES,
    acks,
    ...(partitions === 1 ? { partition: 0 } : {}),
  };
  let perSecond = 0;
  let warmed = 0;
  for (let index = 0; index < CALIBRATIONS_MAX && (index === 0 || warmed < context.warmupSeconds); index++) {
    const { records, seconds } = await produceWithLibrdkafka(options, run);
    perSecond = records / seconds;
    warmed += seconds;
  }
  const messages = Math.ceil(Math.min(perSecond * context.seconds, SAMPLE_BYTES_MAX / messageBytes));
  broker.resetPeak();
  const result = await produceWithLibrdkafka({ ...options, messages }, run);
  return { metrics: clientMetricsOf(result, context) };
}

function javaPerf(partitions: number): Workload {
  return {
    kind: "load",
    name: `java-perf/${partitions}p/1KiB/acks=1`,
    family: "java-perf",
    description:
      `Java's kafka-producer-perf-test with linger.ms=5 and 64 KiB batches, records of 1 KiB to ${partitions} ` +
      `partition(s), after ${JAVA_WARMUP_SECONDS} s worth of warm-up records; ${meaning}. CPU is a record's share of the whole run's.`,
    acknowledged,
    systems: KAFKA_SYSTEMS,
    isShort: false,
    headline: "messagesPerSecond",
    settings,
    expectedSeconds: (seconds) => seconds + JAVA_WARMUP_SECONDS + JAVA_START_SECONDS,
    measure: async (context) => {
      const { broker, topic, signal, loadCpus: cpus, seconds } = context;
      const warmupRecords = JAVA_RECORDS_PER_SECOND * JAVA_WARMUP_SECONDS;
      await createTopic(context, partitions);
      broker.resetPeak();
      const result = await runJavaPerf(
        {
          port: broker.port,
          topic,
          recordBytes: KIB,
          warmupRecords,
          records: Math.ceil(Math.min(JAVA_RECORDS_PER_SECOND * seconds, SAMPLE_BYTES_MAX / KIB)),
          acks,
          properties: { "linger.ms": "5", "batch.size": String(64 * KIB) },
        },
        { cpus, signal, brokerPid: broker.pid },
      );
      const counted = result.records / (warmupRecords + result.records);
      const scaled = {
        ...result,
        cpuSeconds: result.cpuSeconds * counted,
        brokerCpuSeconds: (result.brokerCpuSeconds ?? 0) * counted,
      };
      return {
        metrics: {
          ...clientMetricsOf(scaled, context),
          latencyP50Ms: result.latency.p50,
          latencyP99Ms: result.latency.p99,
          latencyP999Ms: result.latency.p999,
          latencyMaxMs: result.latency.max,
        },
        remarks: ["latencies are the tool's own, of a closed loop"],
      };
    },
  };
}
