import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { withRuntimeSettings } from "../../bin/runtime-settings.mjs";
import { VERSION } from "../../src/cli/version.ts";
import { firstAnswerMs } from "./first-answer.ts";
import { freePort } from "./free-port.ts";
import { askApiVersions, KafkaAdmin } from "./kafka-admin.ts";
import { commandLine, runningSystem } from "./running-system.ts";
import { hasProcessFiles, ServerProcess } from "./server-process.ts";
import type { Availability, RunningSystem, StartOptions, System } from "./system.ts";

/** As Kafka gets it: the files of a deleted topic do not slow the next measurement. */
const SETTINGS = { "log.segment.delete.delay.ms": "500" };

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** This checkout, run by the Bun that runs the suite, with the environment that `odradek` and `npm start` give it. */
export const odradek: System = {
  name: "odradek",
  isKafka: true,

  async find(): Promise<Availability> {
    if (hasProcessFiles()) return { available: true, version: VERSION };
    return { available: false, reason: "the gauges of processes need Linux's /proc" };
  },

  async start(options: StartOptions): Promise<RunningSystem> {
    const { dataDirectory } = options;
    mkdirSync(dataDirectory, { recursive: true });
    const port = options.port ?? (await freePort());
    const args = [
      ...["start", "--data-dir", dataDirectory, "--listen", `127.0.0.1:${port}`],
      ...Object.entries({ ...SETTINGS, ...options.settings }).flatMap(([name, value]) => [
        "-X",
        `${name}=${value}`,
      ]),
    ];
    const env = withRuntimeSettings(process.env);
    const server = await ServerProcess.spawn([process.execPath, main, ...args], options.cpus, env);
    const startMs = await firstAnswerMs(server, () => askApiVersions(port));
    return runningSystem({
      system: odradek,
      version: VERSION,
      port,
      dataDirectory,
      command: commandLine(["npx", "odradek", ...args]),
      startMs,
      server,
      topics: new KafkaAdmin(port),
    });
  },
};
