import { type Admin, ConfigResourceTypes, ConfigSources } from "@platformatic/kafka";
import type { KeyValue } from "./arguments.ts";
import { type CliIo, progress } from "./cli-io.ts";
import { type ClientOptions, partitionsOf, withAdmin } from "./kafka-client.ts";
import type { OutputFormat } from "./output-formats.ts";
import { offsetsOf } from "./partition-offsets.ts";
import { formatJson, formatTable } from "./tables.ts";

interface TopicOptions extends ClientOptions {
  readonly format: OutputFormat;
}

export interface TopicCreateOptions extends TopicOptions {
  readonly partitions?: number;
  readonly config?: readonly KeyValue[];
}

export async function runTopicCreate(
  names: readonly string[],
  options: TopicCreateOptions,
  io: CliIo,
): Promise<void> {
  const created = await withAdmin(options, (admin) =>
    admin.createTopics({
      topics: [...names],
      ...(options.partitions === undefined ? {} : { partitions: options.partitions }),
      configs: (options.config ?? []).map(({ key, value }) => ({ name: key, value })),
    }),
  );
  const topics = created.map(({ name, id, partitions }) => ({ name, partitions, id: kafkaUuid(id) }));
  if (options.format === "json") io.stdout.write(formatJson(topics));
  else
    writeRows(
      io,
      ["TOPIC", "PARTITIONS", "ID"],
      topics.map((topic) => [topic.name, topic.partitions, topic.id]),
    );
}

export async function runTopicList(options: TopicOptions, io: CliIo): Promise<void> {
  const topics = await withAdmin(options, async (admin) => {
    const names = await admin.listTopics();
    if (names.length === 0) return [];
    const metadata = await admin.metadata({ topics: names });
    return names.sort().map((name) => ({ name, partitions: metadata.topics.get(name)!.partitionsCount }));
  });
  if (options.format === "json") io.stdout.write(formatJson(topics));
  else
    writeRows(
      io,
      ["TOPIC", "PARTITIONS"],
      topics.map((topic) => [topic.name, topic.partitions]),
    );
}

export async function runTopicDescribe(name: string, options: TopicOptions, io: CliIo): Promise<void> {
  const description = await withAdmin(options, (admin) => describeTopic(admin, name));
  if (options.format === "json") {
    io.stdout.write(formatJson(description));
    return;
  }
  writeRows(
    io,
    ["PARTITION", "LEADER", "EPOCH", "REPLICAS", "IN SYNC", "START", "END"],
    description.partitions.map((partition) => [
      partition.partition,
      partition.leader,
      partition.leaderEpoch,
      partition.replicas.join(","),
      partition.isr.join(","),
      partition.startOffset,
      partition.endOffset,
    ]),
  );
  const settings = Object.entries(description.config);
  if (settings.length === 0) return;
  io.stdout.write("\n");
  writeRows(io, ["SETTING", "VALUE"], settings);
}

export async function runTopicDelete(
  names: readonly string[],
  options: ClientOptions,
  io: CliIo,
): Promise<void> {
  await withAdmin(options, (admin) => admin.deleteTopics({ topics: [...names] }));
  progress(io, `deleted ${names.join(", ")}`);
}

async function describeTopic(admin: Admin, name: string) {
  const partitions = await partitionsOf(admin, name, { create: false });
  const numbers = partitions.map((_, partition) => partition);
  const [starts, ends] = [
    await offsetsOf(admin, name, partitions, numbers, "beginning"),
    await offsetsOf(admin, name, partitions, numbers, "end"),
  ];
  return {
    name,
    config: await ownConfig(admin, name),
    partitions: partitions.map(({ leader, leaderEpoch, replicas, isr }, partition) => ({
      partition,
      leader,
      leaderEpoch,
      replicas,
      isr,
      startOffset: starts.get(partition)!,
      endOffset: ends.get(partition)!,
    })),
  };
}

/** What is set for the topic itself. */
async function ownConfig(admin: Admin, name: string): Promise<Record<string, string>> {
  const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: name };
  const [description] = await admin.describeConfigs({ resources: [resource] });
  const own = description!.configs.filter(({ configSource }) => configSource === ConfigSources.TOPIC_CONFIG);
  return Object.fromEntries(own.map((config) => [config.name, config.value ?? ""]));
}

function writeRows(
  io: CliIo,
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): void {
  io.stdout.write(
    formatTable(
      io,
      head,
      rows.map((row) => row.map(String)),
    ),
  );
}

/** The client library writes UUIDs with dashes; Kafka's tools, and ours, in base64url. */
function kafkaUuid(dashed: string): string {
  return Buffer.from(dashed.replaceAll("-", ""), "hex").toString("base64url");
}
