import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import type { BrokerConfig } from "../config/broker-config.ts";
import { formatHostPort, type ListenerAddress } from "../config/listener-address.ts";
import { type ConfigSources, loadConfig, type Override } from "../config/load-config.ts";
import { type KeyValue, keyValue, listenAddress, repeated } from "./arguments.ts";
import { CliError, ExitCode, systemErrorReason, usageError } from "./cli-error.ts";
import type { CliIo } from "./cli-io.ts";

/** The flags that set the broker's configuration, as commander hands them over. */
export interface ConfigOptions {
  readonly config?: string;
  readonly dataDir?: string;
  readonly listen?: ListenerAddress;
  readonly set?: readonly KeyValue[];
}

export function addConfigOptions(command: Command): Command {
  return command
    .option("-c, --config <file>", "settings in Kafka's server.properties format")
    .option("-d, --data-dir <directory>", "where the data is (log.dirs)")
    .option(
      "-l, --listen <host:port>",
      "the address to listen on (listeners); host 127.0.0.1 unless given, port 0 takes a free one",
      listenAddress,
    )
    .option("-X, --set <key=value>", "a setting by Kafka's name; repeatable", repeated(keyValue));
}

/** File < environment < flags. Mistakes are one error, a line each. */
export async function readBrokerConfig(options: ConfigOptions, io: CliIo): Promise<BrokerConfig> {
  const file = options.config === undefined ? null : await readConfigFile(options.config);
  const loaded = loadConfig({ file, env: io.env, overrides: overridesOf(options) });
  if (loaded.ok) return loaded.value;
  throw usageError(loaded.error.map((error) => error.message).join("\n"));
}

async function readConfigFile(path: string): Promise<NonNullable<ConfigSources["file"]>> {
  try {
    return { path, text: await readFile(path, "utf8") };
  } catch (error) {
    const reason = systemErrorReason(error);
    throw new CliError(`the configuration ${resolve(path)} cannot be read: ${reason}`, ExitCode.USAGE);
  }
}

/** The short flags come after `-X`, so that they win over it. */
function overridesOf({ set = [], dataDir, listen }: ConfigOptions): Override[] {
  const overrides: Override[] = set.map(({ key, value }) => ({ name: key, text: value, flag: `-X ${key}` }));
  if (dataDir !== undefined) overrides.push({ name: "log.dirs", text: dataDir, flag: "--data-dir" });
  if (listen !== undefined) {
    const host = listen.host === "" ? LOOPBACK : listen.host;
    const text = `PLAINTEXT://${formatHostPort({ host, port: listen.port })}`;
    overrides.push({ name: "listeners", text, flag: "--listen" });
  }
  return overrides;
}

const LOOPBACK = "127.0.0.1";
