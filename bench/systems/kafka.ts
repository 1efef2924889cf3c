import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { firstAnswerMs } from "./first-answer.ts";
import { freePort } from "./free-port.ts";
import { askApiVersions, KafkaAdmin } from "./kafka-admin.ts";
import { MavenJars } from "./maven-jars.ts";
import { commandLine, runningSystem } from "./running-system.ts";
import { hasProcessFiles, ServerProcess } from "./server-process.ts";
import type { Availability, RunningSystem, StartOptions, System } from "./system.ts";
import { findTool, runTool } from "./tools.ts";

/** Kafka's own start script gives a broker this much. */
const HEAP = "1g";
/** As Kafka's own start script sets them. */
const JVM_FLAGS = [
  "-server",
  "-XX:+UseG1GC",
  "-XX:MaxGCPauseMillis=20",
  "-XX:InitiatingHeapOccupancyPercent=35",
  "-XX:+ExplicitGCInvokesConcurrent",
  "-Djava.awt.headless=true",
];

const jars = new MavenJars("kafka");

/** The newest Apache Kafka: one combined KRaft node. The setting `heap` is the JVM's `-Xms` and `-Xmx`. */
export const kafka: System = {
  name: "kafka",
  isKafka: true,

  async find(options): Promise<Availability> {
    if (!hasProcessFiles()) return { available: false, reason: "the gauges of processes need Linux's /proc" };
    const problem = await jars.problem(options);
    if (problem === null) return { available: true, version: jars.version };
    return { available: false, reason: `Apache Kafka ${jars.version}: ${problem}` };
  },

  async start(options: StartOptions): Promise<RunningSystem> {
    const { dataDirectory } = options;
    const { heap = HEAP, ...settings } = options.settings ?? {};
    const java = findTool("java");
    if (java === null || !jars.isInstalled) throw new Error("Kafka is not installed");
    const port = options.port ?? (await freePort());
    const logDirectory = join(dataDirectory, "logs");
    const config = join(dataDirectory, "server.properties");
    mkdirSync(logDirectory, { recursive: true });
    writeFileSync(
      config,
      properties({ ...brokerSettings(port, await freePort(), logDirectory), ...settings }),
    );
    if (!existsSync(join(logDirectory, "meta.properties"))) await format(java, config);
    const flags = [`-Xms${heap}`, `-Xmx${heap}`, ...JVM_FLAGS];
    const args = [...flags, "-cp", jars.classPath, "kafka.Kafka", config];
    const server = await ServerProcess.spawn([java, ...args], options.cpus);
    const startMs = await firstAnswerMs(server, () => askApiVersions(port));
    return runningSystem({
      system: kafka,
      version: jars.version,
      port,
      dataDirectory,
      command: commandLine(["java", ...flags, "-cp", "libs/*", "kafka.Kafka", "server.properties"]),
      startMs,
      server,
      topics: new KafkaAdmin(port),
    });
  },
};

/** Everything else is Kafka's default. */
function brokerSettings(port: number, controllerPort: number, logDirectory: string): Record<string, string> {
  return {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.voters": `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${port}`,
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "log.dirs": logDirectory,
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    // Files of deleted topics do not slow the next measurement.
    "log.segment.delete.delay.ms": "500",
    "log.initial.task.delay.ms": "500",
  };
}

function properties(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

async function format(java: string, config: string): Promise<void> {
  const clusterId = randomBytes(16).toString("base64url");
  const tool = ["-cp", jars.classPath, "kafka.tools.StorageTool", "format"];
  await runTool(java, [...tool, `--cluster-id=${clusterId}`, "-c", config]);
}
