import { MavenJars } from "../systems/maven-jars.ts";
import { runMeasuredTool, type ToolRun } from "../systems/measured-tool.ts";
import type { Availability } from "../systems/system.ts";
import { findTool } from "../systems/tools.ts";
import { type JavaPerfFigures, parseJavaPerf } from "./java-perf-output.ts";
import type { LoadResult } from "./load-options.ts";

/** What Kafka's own script gives its tools. */
const HEAP = "512m";
const UNTHROTTLED = -1;

export interface JavaPerfOptions {
  readonly port: number;
  readonly topic: string;
  /** Payload of one record. */
  readonly recordBytes: number;
  readonly records: number;
  /** Sent before them by the same JVM and not counted: it compiles as it runs. */
  readonly warmupRecords?: number;
  /** As it can when absent. */
  readonly recordsPerSecond?: number;
  readonly acks: number;
  /** Properties of Java's producer, such as `linger.ms`, `batch.size`, `enable.idempotence`. */
  readonly properties?: Readonly<Record<string, string>>;
}

/**
 * Bytes and seconds are those of the counted records; CPU seconds are those of the whole run, with the start of the JVM
 * and the warm-up. Operations are records.
 */
export interface JavaPerfResult extends LoadResult {
  readonly latency: JavaPerfFigures["latency"];
}

const jars = new MavenJars("kafka-tools");

export async function findJavaPerf(options: { readonly install: boolean }): Promise<Availability> {
  const problem = await jars.problem(options);
  if (problem === null) return { available: true, version: jars.version };
  return { available: false, reason: `kafka-producer-perf-test ${jars.version}: ${problem}` };
}

/** Java's `kafka-producer-perf-test`, as people use it. Rejects when a record was not acknowledged. */
export async function runJavaPerf(options: JavaPerfOptions, run: ToolRun = {}): Promise<JavaPerfResult> {
  const java = findTool("java");
  if (java === null || !jars.isInstalled) throw new Error("kafka-producer-perf-test is not installed");
  const warmup = options.warmupRecords ?? 0;
  const { output, ...cpu } = await runMeasuredTool(
    [
      ...[java, `-Xmx${HEAP}`, "-cp", jars.classPath, "org.apache.kafka.tools.ProducerPerformance"],
      ...["--bootstrap-server", `127.0.0.1:${options.port}`, "--topic", options.topic],
      ...["--num-records", String(warmup + options.records), "--record-size", String(options.recordBytes)],
      ...["--throughput", String(options.recordsPerSecond ?? UNTHROTTLED)],
      ...(warmup > 0 ? ["--warmup-records", String(warmup)] : []),
      ...["--command-property", `acks=${options.acks}`],
      ...Object.entries(options.properties ?? {}).map(([name, value]) => `${name}=${value}`),
    ],
    run,
  );
  const { records, recordsPerSecond, latency } = parseJavaPerf(output, options.records);
  return {
    ...cpu,
    records,
    operations: records,
    bytes: records * options.recordBytes,
    seconds: records / recordsPerSecond,
    latency,
  };
}
