import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runMeasuredTool, type ToolRun } from "../systems/measured-tool.ts";
import type { Availability } from "../systems/system.ts";
import { LatencySamples, type LatencySummary } from "./latency-samples.ts";
import { buildLibrdkafkaProgram } from "./librdkafka-build.ts";
import { type LibrdkafkaConsumed, parseConsumed, parseProduced } from "./librdkafka-output.ts";
import type { LoadResult } from "./load-options.ts";

/** Instead of the example's own second, Java's default since Kafka 4. */
const LINGER_MS = 5;
const MICROSECONDS = 1000;

export interface LibrdkafkaProduceOptions {
  readonly port: number;
  readonly topic: string;
  /** Payload of one message. */
  readonly messageBytes: number;
  /** Of each producer. */
  readonly messages: number;
  /** Only this one; spread at random over all when absent. */
  readonly partition?: number;
  readonly acks: number;
  /** Processes that run at the same time; one when absent. */
  readonly producers?: number;
  readonly lingerMs?: number;
  /** Of librdkafka, such as `batch.size` and `batch.num.messages`. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Of each producer; as it can when absent. */
  readonly messagesPerSecond?: number;
  /** Costs the producer a line of text for each message. */
  readonly isLatencyMeasured?: boolean;
}

/**
 * Bytes and operations are those of acknowledged messages; seconds are the slowest producer's, from its start; CPU
 * seconds are those of the whole processes.
 */
export interface LibrdkafkaProduceResult extends LoadResult {
  /** From the call that hands a message over to its report: a closed loop. Null when not measured. */
  readonly latency: LatencySummary | null;
}

export interface LibrdkafkaConsumeOptions {
  readonly port: number;
  readonly topic: string;
  readonly partitions: readonly number[];
  /** Read from the beginning of each partition; that many have to be there. */
  readonly messages: number;
  readonly properties?: Readonly<Record<string, string>>;
}

export async function findLibrdkafka(options: { readonly install: boolean }): Promise<Availability> {
  const program = await buildLibrdkafkaProgram(options.install);
  if ("problem" in program)
    return { available: false, reason: `librdkafka's rdkafka_performance: ${program.problem}` };
  // Without a topic it prints how it is used, and fails.
  const usage = await runMeasuredTool([program.path]).then(
    ({ output }) => output,
    (error: Error) => error.message,
  );
  return { available: true, version: /librdkafka version (\S+)/.exec(usage)?.[1] ?? "unknown" };
}

/** librdkafka's own performance program as a producer. Rejects when a message was not delivered. */
export async function produceWithLibrdkafka(
  options: LibrdkafkaProduceOptions,
  run: ToolRun = {},
): Promise<LibrdkafkaProduceResult> {
  return await produceTo(["-b", `127.0.0.1:${options.port}`], options, run);
}

/** The client's ceiling: the same into the broker that librdkafka plays itself, in the same process. */
export async function produceToLibrdkafkaMock(
  options: Omit<LibrdkafkaProduceOptions, "port">,
  run: ToolRun = {},
): Promise<LibrdkafkaProduceResult> {
  return await produceTo(["-X", "test.mock.num.brokers=1"], options, run);
}

/** librdkafka's own performance program as a consumer without a group. */
export async function consumeWithLibrdkafka(
  options: LibrdkafkaConsumeOptions,
  run: ToolRun = {},
): Promise<LoadResult> {
  const { output, ...cpu } = await runMeasuredTool(
    [
      ...[await program(), "-C", "-u", "-b", `127.0.0.1:${options.port}`, "-t", options.topic],
      ...options.partitions.flatMap((partition) => ["-p", String(partition)]),
      ...["-o", "beginning", "-c", String(options.messages)],
      ...properties(options.properties),
    ],
    run,
  );
  const { seconds, messages, bytes }: LibrdkafkaConsumed = parseConsumed(output, options.messages);
  return { ...cpu, seconds, bytes, operations: messages, records: messages };
}

async function produceTo(
  broker: readonly string[],
  options: Omit<LibrdkafkaProduceOptions, "port">,
  run: ToolRun,
): Promise<LibrdkafkaProduceResult> {
  const { messages, messageBytes, messagesPerSecond, isLatencyMeasured, producers = 1 } = options;
  const path = await program();
  const scratch = mkdtempSync(join(tmpdir(), "odradek-librdkafka-"));
  const latencyFile = (producer: number): string => join(scratch, String(producer));
  try {
    const outcomes = await Promise.all(
      Array.from({ length: producers }, (_, producer) =>
        runMeasuredTool(
          [
            ...[path, "-P", "-u", ...broker, "-t", options.topic],
            ...(options.partition === undefined ? [] : ["-p", String(options.partition)]),
            ...["-s", String(messageBytes), "-c", String(messages), "-a", String(options.acks)],
            ...(messagesPerSecond === undefined ? [] : ["-r", String(messagesPerSecond)]),
            ...(isLatencyMeasured ? ["-l", "-A", latencyFile(producer)] : []),
            ...properties({ "linger.ms": String(options.lingerMs ?? LINGER_MS), ...options.properties }),
          ],
          run,
        ),
      ),
    );
    const produced = outcomes.map(({ output }) => parseProduced(output, messages));
    const delivered = produced.reduce((sum, each) => sum + each.delivered, 0);
    const brokerCpu = outcomes.map(({ brokerCpuSeconds }) => brokerCpuSeconds ?? 0);
    return {
      seconds: Math.max(...produced.map(({ seconds }) => seconds)),
      cpuSeconds: outcomes.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
      // Each producer watched the broker while it ran; the longest watched all of it.
      ...(run.brokerPid === undefined ? {} : { brokerCpuSeconds: Math.max(...brokerCpu) }),
      bytes: delivered * messageBytes,
      operations: delivered,
      records: delivered,
      latency: isLatencyMeasured
        ? latencyIn(
            Array.from({ length: producers }, (_, producer) => latencyFile(producer)),
            delivered,
          )
        : null,
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function program(): Promise<string> {
  const built = await buildLibrdkafkaProgram(false);
  if ("problem" in built) throw new Error(`rdkafka_performance: ${built.problem}`);
  return built.path;
}

function properties(given: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(given).flatMap(([name, value]) => ["-X", `${name}=${value}`]);
}

/** Files of a number of microseconds on each line. */
function latencyIn(paths: readonly string[], messages: number): LatencySummary | null {
  const samples = new LatencySamples(messages);
  for (const path of paths) {
    for (const line of readFileSync(path, "latin1").split("\n"))
      if (line !== "") samples.record(Number(line) / MICROSECONDS);
  }
  return samples.summary();
}
