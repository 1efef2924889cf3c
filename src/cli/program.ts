import { Command, CommanderError } from "commander";
import { addBrokerCommands } from "./broker-commands.ts";
import { CliError, ExitCode } from "./cli-error.ts";
import { type CliIo, OutputClosed } from "./cli-io.ts";
import { addClientCommands } from "./client-commands.ts";
import type { Signals } from "./start.ts";
import { VERSION } from "./version.ts";

/** Runs one command line (without the program's name) and returns its exit code. Everything it says goes through `io`. */
export async function runCli(words: readonly string[], io: CliIo, signals: Signals): Promise<number> {
  try {
    await makeProgram(io, signals).parseAsync([...words], { from: "user" });
    return ExitCode.OK;
  } catch (error) {
    if (error instanceof OutputClosed) return ExitCode.OK;
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.OK : ExitCode.USAGE;
    if (!(error instanceof CliError)) throw error;
    for (const line of error.message.split("\n")) io.stderr.write(`odradek: ${line}\n`);
    return error.exitCode;
  }
}

function makeProgram(io: CliIo, signals: Signals): Command {
  const program = new Command("odradek")
    .description("A log broker for the edge that speaks Kafka's protocol.")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      // One line: commander puts "(Did you mean …?)" on a second one.
      outputError: (text, write) =>
        write(
          `${text
            .replace(/^error: /, "odradek: ")
            .trimEnd()
            .replaceAll("\n", " ")}\n`,
        ),
      getOutHelpWidth: () => io.stdout.columns ?? HELP_COLUMNS,
      getErrHelpWidth: () => io.stderr.columns ?? HELP_COLUMNS,
      getOutHasColors: () => io.stdout.isTTY === true && !io.env.NO_COLOR,
      getErrHasColors: () => io.stderr.isTTY === true && !io.env.NO_COLOR,
    });
  addBrokerCommands(program, io, signals);
  addClientCommands(program, io);
  return program;
}

const HELP_COLUMNS = 100;
