import { type Command, Option } from "commander";
import type { CliIo } from "./cli-io.ts";
import { addConfigOptions } from "./config-options.ts";
import type { ConfigShowOptions } from "./config-show.ts";
import type { DumpLogOptions } from "./dump-log.ts";
import { LOG_LEVELS } from "./log-levels.ts";
import { formatOption } from "./options.ts";
import type { Signals, StartOptions } from "./start.ts";

/**
 * The commands that concern a broker on this machine. What a command needs is loaded when it runs: a start does not wait
 * for the client library, nor a client command for the broker.
 */
export function addBrokerCommands(program: Command, io: CliIo, signals: Signals): void {
  const start = program.command("start").description("run a broker until SIGTERM or Ctrl-C");
  addConfigOptions(start)
    .addOption(new Option("--log-level <level>", "what is logged").choices(LOG_LEVELS).default("info"))
    .addOption(formatOption())
    .action(async (options: StartOptions) => {
      const [{ runStart }, { RunningBroker }] = await Promise.all([
        import("./start.ts"),
        import("../broker.ts"),
      ]);
      await runStart(options, io, (brokerOptions) => RunningBroker.start(brokerOptions), signals);
    });

  const config = program.command("config").description("the broker's configuration");
  addConfigOptions(config.command("show").description("every setting as `start` with the same flags has it"))
    .option("--origin", "also where each value comes from")
    .addOption(formatOption())
    .action(async (options: ConfigShowOptions) => {
      const { runConfigShow } = await import("./config-show.ts");
      await runConfigShow(options, io);
    });

  program
    .command("dump-log")
    .description("print what is in a file of a partition: .log, .index, .timeindex, .snapshot, …")
    .argument("<file>", "the file; the broker may be running")
    .option("--records", "also every record of each batch")
    .addOption(formatOption())
    .action(async (file: string, options: DumpLogOptions) => {
      const { runDumpLog } = await import("./dump-log.ts");
      await runDumpLog(file, options, io);
    });
}
