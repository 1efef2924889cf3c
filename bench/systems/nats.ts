import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NatsClient, natsStream } from "../load/nats-client.ts";
import { firstAnswerMs } from "./first-answer.ts";
import { freePort } from "./free-port.ts";
import { commandLine, runningSystem, type TopicAdmin } from "./running-system.ts";
import { hasProcessFiles, ServerProcess } from "./server-process.ts";
import type { Availability, RunningSystem, StartOptions, System } from "./system.ts";
import { findOrInstall, findTool, runTool } from "./tools.ts";

const PROGRAM = "nats-server";

/**
 * NATS JetStream with file storage: a publish is acknowledged from the page cache. Settings are top-level ones of its
 * configuration file.
 */
export const nats: System = {
  name: "nats",
  isKafka: false,

  async find({ install }): Promise<Availability> {
    if (!hasProcessFiles()) return { available: false, reason: "the gauges of processes need Linux's /proc" };
    const problem = await findOrInstall(PROGRAM, PROGRAM, install);
    if (problem !== null) return { available: false, reason: problem };
    return { available: true, version: await versionOf(findTool(PROGRAM)!) };
  },

  async start(options: StartOptions): Promise<RunningSystem> {
    const { dataDirectory } = options;
    const program = findTool(PROGRAM);
    if (program === null) throw new Error(`${PROGRAM} is not installed`);
    mkdirSync(dataDirectory, { recursive: true });
    const port = options.port ?? (await freePort());
    const config = join(dataDirectory, "nats.conf");
    const lines = [
      `listen: "127.0.0.1:${port}"`,
      `jetstream { store_dir: ${JSON.stringify(join(dataDirectory, "store"))} }`,
      ...Object.entries(options.settings ?? {}).map(([name, value]) => `${name}: ${value}`),
    ];
    writeFileSync(config, `${lines.join("\n")}\n`);
    const version = await versionOf(program);
    const server = await ServerProcess.spawn([program, "-c", config], options.cpus);
    const startMs = await firstAnswerMs(server, async () => {
      using client = await NatsClient.open(port);
      await client.ask("INFO");
    });
    return runningSystem({
      system: nats,
      version,
      port,
      dataDirectory,
      command: commandLine([PROGRAM, "-c", "nats.conf"]),
      startMs,
      server,
      topics: streamsAt(port),
    });
  },
};

async function versionOf(program: string): Promise<string> {
  return /\d+(?:\.\d+)+/.exec(await runTool(program, ["--version"]))?.[0] ?? "unknown";
}

/** One stream for each partition. `configs` are fields of a stream's configuration, as JSON. */
function streamsAt(port: number): TopicAdmin {
  return {
    async create(name, partitions, configs = {}): Promise<void> {
      using client = await NatsClient.open(port);
      const given = Object.entries(configs).map(([key, value]) => [key, JSON.parse(value) as unknown]);
      for (let partition = 0; partition < partitions; partition++) {
        const stream = natsStream(name, partition);
        await client.ask(`STREAM.CREATE.${stream}`, {
          name: stream,
          subjects: [stream],
          storage: "file",
          retention: "limits",
          discard: "old",
          num_replicas: 1,
          max_msgs: -1,
          max_bytes: -1,
          ...Object.fromEntries(given),
        });
      }
    },

    async delete(name): Promise<void> {
      using client = await NatsClient.open(port);
      for (const stream of await streamsOf(client, name)) await client.ask(`STREAM.DELETE.${stream}`);
    },
  };
}

async function streamsOf(client: NatsClient, topic: string): Promise<string[]> {
  const names: string[] = [];
  for (;;) {
    const { total, streams } = await client.ask<{ total: number; streams: string[] | null }>("STREAM.NAMES", {
      offset: names.length,
    });
    names.push(...(streams ?? []));
    if (names.length >= total || !streams?.length) break;
  }
  return names.filter(
    (stream) => natsStream(topic, Number(stream.slice(stream.lastIndexOf("-") + 1))) === stream,
  );
}
