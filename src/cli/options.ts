import { type Command, Option } from "commander";
import { bootstrapServers, DEFAULT_BOOTSTRAP_SERVER } from "./arguments.ts";
import { OUTPUT_FORMATS } from "./output-formats.ts";

/** Options that several commands have. */
export function formatOption(): Option {
  return new Option("--format <format>", "how results are printed").choices(OUTPUT_FORMATS).default("text");
}

export function addBootstrapOption(command: Command): Command {
  return command.addOption(
    new Option("-b, --bootstrap-server <host:port>", "the broker to talk to; several with commas")
      .argParser(bootstrapServers)
      .default(bootstrapServers(DEFAULT_BOOTSTRAP_SERVER), DEFAULT_BOOTSTRAP_SERVER),
  );
}
