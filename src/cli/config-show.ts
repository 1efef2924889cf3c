import type { BrokerConfig, SettingState } from "../config/broker-config.ts";
import { describeOrigin } from "../config/setting-origin.ts";
import { type CliIo, warn } from "./cli-io.ts";
import { type ConfigOptions, readBrokerConfig } from "./config-options.ts";
import type { OutputFormat } from "./output-formats.ts";
import { formatJson, formatTable } from "./tables.ts";

export interface ConfigShowOptions extends ConfigOptions {
  readonly origin?: boolean;
  readonly format: OutputFormat;
}

/** Every setting as `odradek start` with the same flags would have it. */
export async function runConfigShow(options: ConfigShowOptions, io: CliIo): Promise<void> {
  const config = await readBrokerConfig(options, io);
  for (const warning of config.warnings) warn(io, warning);
  const states = sortedStates(config);
  if (options.format === "json") {
    io.stdout.write(formatJson(states.map(jsonOf)));
    return;
  }
  const head = options.origin ? ["SETTING", "VALUE", "ORIGIN"] : ["SETTING", "VALUE"];
  const rows = states.map(({ setting, resolved }) => {
    const row = [setting.name, resolved.text ?? "-"];
    return options.origin ? [...row, originOf({ setting, resolved })] : row;
  });
  io.stdout.write(formatTable(io, head, rows));
}

function sortedStates(config: BrokerConfig): SettingState[] {
  return [...config.settings.values()].sort((a, b) => (a.setting.name < b.setting.name ? -1 : 1));
}

/** The place, and what was written there when it was another name or unit. */
function originOf({ setting, resolved }: SettingState): string {
  const place = describeOrigin(resolved.origin);
  const { written } = resolved;
  return written === null || written.name === setting.name
    ? place
    : `${place} (${written.name}=${written.text})`;
}

function jsonOf({ setting, resolved }: SettingState): Record<string, unknown> {
  return {
    name: setting.name,
    value: resolved.text,
    default: setting.default,
    unit: setting.unit,
    origin: resolved.origin,
    help: setting.help,
  };
}
