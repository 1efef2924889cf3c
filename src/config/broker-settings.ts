import { availableParallelism } from "node:os";
import * as z from "zod";
import { advertisedListenerSchema, listenerSchema } from "./listener-address.ts";
import type { Setting } from "./setting.ts";
import { boolean, int, list, long, text } from "./setting-types.ts";

const PARTITION_WORKERS_PER_PROCESSOR = 8;
const PARTITION_WORKERS_MAX_DEFAULT = 64;
/** So many host the default of `partitions.max`, at 1024 each. */
const PARTITION_WORKERS_MIN_DEFAULT = 10;

/**
 * More threads than that cost memory and wake-ups and bring nothing: each is a JavaScript heap and a JIT of its own, some
 * 7 MB idle and 14 MB at work.
 */
export function defaultPartitionWorkers(processors: number): number {
  const wanted = Math.max(PARTITION_WORKERS_PER_PROCESSOR * processors, PARTITION_WORKERS_MIN_DEFAULT);
  return Math.min(wanted, PARTITION_WORKERS_MAX_DEFAULT);
}

/**
 * Settings of the broker as a whole. Keys are the fields of `BrokerConfig`; names are Kafka's where Kafka has the
 * setting. Those without a counterpart in Kafka say so in their help.
 */
export const brokerSettings = {
  nodeId: int({
    name: "node.id",
    default: 1,
    unit: null,
    min: 0,
    help: "The id of this broker, written into its data directory.",
    aliases: [{ name: "broker.id", factor: 1 }],
  }),
  rack: text({ name: "broker.rack", default: null, help: "The rack that Metadata reports for this broker." }),
  dataDir: list({
    name: "log.dirs",
    default: "./odradek-data",
    schema: z
      .string()
      .min(1, "must not be empty")
      .regex(/^[^,]*$/, "names several directories: one is served"),
    help: "The data directory. Created on first start, locked while a broker runs.",
    aliases: [{ name: "log.dir", factor: 1 }],
  }),
  listener: list({
    name: "listeners",
    default: "PLAINTEXT://127.0.0.1:9092",
    schema: listenerSchema,
    help: "The address to listen on. Port 0 takes a free one; an empty host binds every interface.",
  }),
  advertisedListeners: list({
    name: "advertised.listeners",
    default: null,
    schema: advertisedListenerSchema,
    help: "The address that clients are told to connect to. Unset: the address they came by.",
  }),
  numPartitions: int({
    name: "num.partitions",
    default: 1,
    unit: "count",
    min: 1,
    help: "Partitions of a topic that is created without saying how many.",
  }),
  autoCreateTopicsEnable: boolean({
    name: "auto.create.topics.enable",
    default: true,
    help: "Create a topic when a client asks for one that does not exist.",
  }),
  deleteTopicEnable: boolean({
    name: "delete.topic.enable",
    default: true,
    help: "Let clients delete topics.",
  }),
  partitionWorkersMax: int({
    name: "partition.workers.max",
    default: defaultPartitionWorkers(availableParallelism()),
    unit: "count",
    min: 1,
    max: 1024,
    help: "Threads for partitions. The first partitions get one each, further ones share. Default: 8 for each processor, 10 to 64. Not a Kafka setting.",
  }),
  partitionArenaBytes: int({
    name: "partition.arena.bytes",
    default: 8 * 1024 * 1024,
    unit: "bytes",
    min: 64 * 1024,
    max: 1024 * 1024 * 1024,
    help: "Shared memory per partition thread for batches on their way to disk. Not a Kafka setting.",
  }),
  openSegmentsMax: int({
    name: "open.segments.max",
    default: 256,
    unit: "count",
    min: 4,
    help: "Closed segments that one partition thread keeps open for reading. Not a Kafka setting.",
  }),
  socketRequestMaxBytes: int({
    name: "socket.request.max.bytes",
    default: 100 * 1024 * 1024,
    unit: "bytes",
    min: 1024,
    help: "The largest request; a larger one closes its connection.",
  }),
  queuedMaxRequestBytes: long({
    name: "queued.max.request.bytes",
    default: 256 * 1024 * 1024,
    unit: "bytes",
    min: 1024,
    help: "Request bytes held for all connections together; beyond it, reading pauses.",
  }),
  maxConnections: int({
    name: "max.connections",
    default: 10_000,
    unit: "count",
    min: 1,
    help: "Connections at one time.",
  }),
  maxConnectionsPerIp: int({
    name: "max.connections.per.ip",
    default: 1000,
    unit: "count",
    min: 1,
    help: "Connections at one time from one address.",
  }),
  connectionCreationRatePerIp: int({
    name: "max.connection.creation.rate.per.ip",
    default: 100,
    unit: "per second",
    min: 1,
    help: "New connections per second from one address. Kafka sets this per address, not in its file.",
  }),
  connectionsMaxIdleMs: long({
    name: "connections.max.idle.ms",
    default: 600_000,
    unit: "ms",
    min: 1000,
    help: "A connection without requests is closed after this time.",
  }),
  handshakeTimeoutMs: int({
    name: "handshake.timeout.ms",
    default: 10_000,
    unit: "ms",
    min: 100,
    help: "A new connection must send its first request within this time. Not a Kafka setting.",
  }),
  partialFrameTimeoutMs: int({
    name: "partial.frame.timeout.ms",
    default: 30_000,
    unit: "ms",
    min: 100,
    help: "A request that has begun must be complete within this time. Not a Kafka setting.",
  }),
  fetchMaxBytes: int({
    name: "fetch.max.bytes",
    default: 55 * 1024 * 1024,
    unit: "bytes",
    min: 1024,
    help: "The most bytes that one Fetch response carries, whatever the client asks for.",
  }),
  fetchSessionSlots: int({
    name: "max.incremental.fetch.session.cache.slots",
    default: 1000,
    unit: "count",
    min: 0,
    help: "Incremental fetch sessions that are kept.",
  }),
  producerIdExpirationMs: int({
    name: "producer.id.expiration.ms",
    default: 86_400_000,
    unit: "ms",
    min: 1,
    help: "A producer's sequence numbers are forgotten after this time without a batch from it.",
  }),
  producerIdsMax: int({
    name: "producer.ids.max",
    default: 10_000,
    unit: "count",
    min: 1,
    help: "Producers whose sequence numbers one partition remembers. Not a Kafka setting.",
  }),
  logRetentionCheckIntervalMs: long({
    name: "log.retention.check.interval.ms",
    default: 300_000,
    unit: "ms",
    min: 1,
    help: "How often segments are checked against retention.",
  }),
  logFlushOffsetCheckpointIntervalMs: int({
    name: "log.flush.offset.checkpoint.interval.ms",
    default: 5000,
    unit: "ms",
    min: 1,
    help: "How often synced offsets are checkpointed: the bound on what recovery reads. Kafka's default is 60000.",
  }),
  topicsMax: int({
    name: "topics.max",
    default: 10_000,
    unit: "count",
    min: 1,
    max: 100_000,
    help: "Topics of this broker. Not a Kafka setting.",
  }),
  partitionsMax: int({
    name: "partitions.max",
    default: 10_000,
    unit: "count",
    min: 1,
    max: 100_000,
    help: "Partitions of this broker. Not a Kafka setting.",
  }),
} satisfies Record<string, Setting<unknown>>;
