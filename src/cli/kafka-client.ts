import { Admin, type ClusterPartitionMetadata } from "@platformatic/kafka";
import { formatHostPort, type ListenerAddress } from "../config/listener-address.ts";
import { CliError } from "./cli-error.ts";
import { clientError } from "./kafka-errors.ts";

/** Where the client commands connect to. */
export interface ClientOptions {
  readonly bootstrapServer: readonly ListenerAddress[];
}

/** How the client library is set up for every command. Tries again while a topic is being created or a leader chosen. */
export function libraryOptions({ bootstrapServer }: ClientOptions) {
  return {
    clientId: "odradek-cli",
    bootstrapBrokers: bootstrapServer.map(({ host, port }) => ({ host, port })),
    connectTimeout: 5000,
    retries: 5,
    retryDelay: 100,
  };
}

/** Runs `work` with a connected client, closes it, and turns its failures into one line for people. */
export async function withAdmin<T>(options: ClientOptions, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin(libraryOptions(options));
  try {
    return await work(admin);
  } catch (error) {
    throw asCliError(error, options);
  } finally {
    await admin.close().catch(() => undefined);
  }
}

/** Passes {@link CliError}s and everything that is no failure of the client on as they are. */
export function asCliError(error: unknown, { bootstrapServer }: ClientOptions): unknown {
  const message = clientError(error, bootstrapServer.map(formatHostPort).join(","));
  return message === null ? error : new CliError(message);
}

/** The partitions of a topic that exists, by their number. `create`: a broker that allows it makes a missing one. */
export async function partitionsOf(
  admin: Admin,
  topic: string,
  { create }: { readonly create: boolean },
): Promise<readonly ClusterPartitionMetadata[]> {
  const metadata = await admin.metadata({ topics: [topic], autocreateTopics: create, forceUpdate: true });
  return metadata.topics.get(topic)!.partitions;
}

/** Refuses partitions that the topic does not have: the client library would wrap the number around. */
export function checkPartitions(topic: string, asked: readonly number[], count: number): void {
  const missing = asked.find((partition) => partition >= count);
  if (missing === undefined) return;
  const range = count === 1 ? "only partition 0" : `partitions 0 to ${count - 1}`;
  throw new CliError(`topic '${topic}' has no partition ${missing}: it has ${range}`);
}
