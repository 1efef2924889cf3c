import { type Command, Option } from "commander";
import { keyValue, repeated, wholeNumber } from "./arguments.ts";
import { usageError } from "./cli-error.ts";
import type { CliIo } from "./cli-io.ts";
import type { ConsumeOptions } from "./consume.ts";
import { parseStart } from "./consume-range.ts";
import { addBootstrapOption, formatOption } from "./options.ts";
import type { OutputFormat } from "./output-formats.ts";
import type { ProduceOptions } from "./produce.ts";
import { ACKS, CODECS } from "./produce-options.ts";
import { FORMAT_TOKENS, parseRecordFormat, type RecordFormat, recordAsJson } from "./record-format.ts";
import { unescapeArgument } from "./text-escapes.ts";
import type { TopicCreateOptions } from "./topic-commands.ts";

const INT32_MAX = 2 ** 31 - 1;
const partition = wholeNumber(0, INT32_MAX);

/** The commands that talk to a broker over the wire. The client library is loaded when one of them runs. */
export function addClientCommands(program: Command, io: CliIo): void {
  addTopicCommands(program, io);
  addProduceCommand(program, io);
  addConsumeCommand(program, io);
}

function addTopicCommands(program: Command, io: CliIo): void {
  const topic = program.command("topic").description("create, list, describe and delete topics");
  addBootstrapOption(topic.command("create").description("create topics"))
    .argument("<name...>")
    .option(
      "-p, --partitions <count>",
      "of each; unset: the broker's num.partitions",
      wholeNumber(1, INT32_MAX),
    )
    .option("-c, --config <key=value>", "a setting of the topic; repeatable", repeated(keyValue))
    .addOption(formatOption())
    .action(async (names: string[], options: TopicCreateOptions) => {
      const { runTopicCreate } = await import("./topic-commands.ts");
      await runTopicCreate(names, options, io);
    });
  addBootstrapOption(topic.command("list").description("all topics"))
    .addOption(formatOption())
    .action(async (options: TopicCreateOptions) => {
      const { runTopicList } = await import("./topic-commands.ts");
      await runTopicList(options, io);
    });
  addBootstrapOption(topic.command("describe").description("a topic's partitions, with what they hold"))
    .argument("<name>")
    .addOption(formatOption())
    .action(async (name: string, options: TopicCreateOptions) => {
      const { runTopicDescribe } = await import("./topic-commands.ts");
      await runTopicDescribe(name, options, io);
    });
  addBootstrapOption(topic.command("delete").description("delete topics with all their records"))
    .argument("<name...>")
    .action(async (names: string[], options: TopicCreateOptions) => {
      const { runTopicDelete } = await import("./topic-commands.ts");
      await runTopicDelete(names, options, io);
    });
}

function addProduceCommand(program: Command, io: CliIo): void {
  const command = program
    .command("produce")
    .description("send records read from standard input, one per line");
  addBootstrapOption(command)
    .argument("<topic>")
    .option(
      "-K, --key-delimiter <text>",
      "what separates key and value in a line, such as : or \\t",
      unescapeArgument,
    )
    .option("-k, --key <key>", "the key of records that have none in their line")
    .option("-H, --header <key=value>", "a header of every record; repeatable", repeated(keyValue))
    .addOption(new Option("--acks <acks>", "what to wait for").choices(ACKS).default("all"))
    .addOption(new Option("-z, --compression <codec>", "of batches").choices(CODECS).default("none"))
    .option("-p, --partition <number>", "unset: by key, or any", partition)
    .addOption(formatOption())
    .action(async (topic: string, options: ProduceOptions) => {
      if (options.keyDelimiter === "") throw usageError("the key delimiter (-K) must not be empty");
      const { runProduce } = await import("./produce.ts");
      await runProduce(topic, options, io);
    });
}

function addConsumeCommand(program: Command, io: CliIo): void {
  const tokens = Object.entries(FORMAT_TOKENS).map(([token, meaning]) => `  %${token}  ${meaning}\n`);
  const command = program.command("consume").description("print the records of a topic, and wait for more");
  addBootstrapOption(command)
    .argument("<topic>")
    .option("-p, --partition <number>", "unset: all; repeatable", repeated(partition))
    .addOption(
      new Option("-o, --offset <start>", "beginning, end, an offset, or -N for the last N of each partition")
        .argParser(parseStart)
        .default(parseStart("beginning"), "beginning"),
    )
    .option("-e, --exit", "exit at the end of what was there at the start")
    .option("-c, --count <records>", "exit after this many", wholeNumber(1, INT32_MAX))
    .option(
      "-f, --template <template>",
      "how a record is printed, such as '%t %p %o %k %v'",
      parseRecordFormat,
    )
    .addOption(formatOption().conflicts("template"))
    .addHelpText(
      "after",
      `\nTemplate:\n${tokens.join("")}  \\n \\t \\xNN as in C; a line break follows each record`,
    )
    .action(async (topic: string, options: ConsumeFlags) => {
      const { runConsume } = await import("./consume.ts");
      await runConsume(topic, { ...options, format: recordFormatOf(options) }, io);
    });
}

type ConsumeFlags = Omit<ConsumeOptions, "format"> & {
  readonly format: OutputFormat;
  readonly template?: RecordFormat;
};

function recordFormatOf({ format, template }: ConsumeFlags): RecordFormat {
  return format === "json" ? recordAsJson : (template ?? parseRecordFormat("%v"));
}
