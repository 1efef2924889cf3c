import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { RedisClient } from "../load/redis-client.ts";
import { redisKey } from "../load/redis-wire.ts";
import { firstAnswerMs } from "./first-answer.ts";
import { freePort } from "./free-port.ts";
import { commandLine, runningSystem, type TopicAdmin } from "./running-system.ts";
import { hasProcessFiles, ServerProcess } from "./server-process.ts";
import type { Availability, RunningSystem, StartOptions, System } from "./system.ts";
import { findOrInstall, findTool, runTool } from "./tools.ts";

const PROGRAM = "redis-server";
/** `everysec` acknowledges from the page cache, `always` from the disk. */
const SETTINGS = {
  appendonly: "yes",
  appendfsync: "everysec",
  save: "",
  // Streams live in memory: it refuses more rather than take the machine with it.
  maxmemory: "8gb",
};
/** A group is the only way to make a stream without an entry. */
const GROUP = "bench";
const KEYS_OF_A_SCAN = "1000";
const REWRITE_MS_MAX = 60_000;
const REWRITE_POLL_MS = 20;

/** Redis with an append-only file. Settings are its own. */
export const redis: System = {
  name: "redis",
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
    const args = [
      ...["--bind", "127.0.0.1", "--port", String(port), "--dir", dataDirectory],
      ...Object.entries({ ...SETTINGS, ...options.settings }).flatMap(([name, value]) => [
        `--${name}`,
        value,
      ]),
    ];
    const version = await versionOf(program);
    const server = await ServerProcess.spawn([program, ...args], options.cpus);
    // PING is refused while the data set is read.
    const startMs = await firstAnswerMs(server, async () => {
      using client = await RedisClient.open(port);
      await client.ask("PING");
    });
    return runningSystem({
      system: redis,
      version,
      port,
      dataDirectory,
      command: commandLine([PROGRAM, ...args]),
      startMs,
      server,
      topics: streamsAt(port),
    });
  },
};

async function versionOf(program: string): Promise<string> {
  return /v=(\S+)/.exec(await runTool(program, ["--version"]))?.[1] ?? "unknown";
}

/** One stream for each partition; streams have no settings. */
function streamsAt(port: number): TopicAdmin {
  return {
    async create(name, partitions): Promise<void> {
      using client = await RedisClient.open(port);
      for (let partition = 0; partition < partitions; partition++) {
        await client.ask("XGROUP", "CREATE", redisKey(name, partition), GROUP, "$", "MKSTREAM");
        await client.ask("XGROUP", "DESTROY", redisKey(name, partition), GROUP);
      }
    },

    /** The file keeps what was deleted until it is rewritten. */
    async delete(name): Promise<void> {
      using client = await RedisClient.open(port);
      for (const key of await keysOf(client, name)) await client.ask("UNLINK", key);
      await untilRewritten(client);
      await client.ask("BGREWRITEAOF");
      await untilRewritten(client);
    },
  };
}

async function keysOf(client: RedisClient, topic: string): Promise<Set<string>> {
  const found = new Set<string>();
  let cursor = "0";
  do {
    const [next, ...keys] = await client.ask("SCAN", cursor, "COUNT", KEYS_OF_A_SCAN);
    for (const key of keys) {
      if (redisKey(topic, Number(key.slice(key.lastIndexOf("-") + 1))) === key) found.add(key);
    }
    cursor = next!;
  } while (cursor !== "0");
  return found;
}

async function untilRewritten(client: RedisClient): Promise<void> {
  const deadlineMs = performance.now() + REWRITE_MS_MAX;
  while (performance.now() < deadlineMs) {
    const [info = ""] = await client.ask("INFO", "persistence");
    if (info.includes("aof_rewrite_in_progress:0") && info.includes("aof_rewrite_scheduled:0")) return;
    await sleep(REWRITE_POLL_MS);
  }
  throw new Error("the append-only file is not rewritten in time");
}
