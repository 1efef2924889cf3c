import { type FixedSetting, SettingType, type TopicSetting } from "./setting.ts";
import { boolean, int, long, oneOf } from "./setting-types.ts";
import type { TopicConfig } from "./topic-config.ts";

const INT64_MAX_TEXT = "9223372036854775807";
const HOUR_MS = 3_600_000;

/**
 * Settings of a topic, each with the broker's setting that is its default. Keys are the fields of `TopicConfig`.
 */
export const topicSettings: { readonly [Field in keyof TopicConfig]: TopicSetting<TopicConfig[Field]> } = {
  segmentBytes: {
    name: "segment.bytes",
    broker: int({
      name: "log.segment.bytes",
      default: 1024 * 1024 * 1024,
      unit: "bytes",
      min: 14,
      help: "Size at which a partition starts a new segment file.",
    }),
  },
  segmentMs: {
    name: "segment.ms",
    broker: long({
      name: "log.roll.ms",
      default: 168 * HOUR_MS,
      unit: "ms",
      min: 1,
      help: "Age at which a partition starts a new segment file, so that retention can remove the old one.",
      aliases: [{ name: "log.roll.hours", factor: HOUR_MS }],
    }),
  },
  retentionMs: {
    name: "retention.ms",
    broker: long({
      name: "log.retention.ms",
      default: 168 * HOUR_MS,
      unit: "ms",
      min: -1,
      help: "Segments whose records are all older than this are removed. -1: never.",
      aliases: [
        { name: "log.retention.minutes", factor: 60_000 },
        { name: "log.retention.hours", factor: HOUR_MS },
      ],
    }),
  },
  retentionBytes: {
    name: "retention.bytes",
    broker: long({
      name: "log.retention.bytes",
      default: -1,
      unit: "bytes",
      min: -1,
      help: "The oldest segments of a partition are removed while it is larger than this. -1: never.",
    }),
  },
  indexIntervalBytes: {
    name: "index.interval.bytes",
    broker: int({
      name: "log.index.interval.bytes",
      default: 4096,
      unit: "bytes",
      min: 0,
      help: "Log bytes between two entries of the offset index.",
    }),
  },
  segmentIndexBytes: {
    name: "segment.index.bytes",
    broker: int({
      name: "log.index.size.max.bytes",
      default: 10 * 1024 * 1024,
      unit: "bytes",
      min: 12,
      help: "Largest index file; a partition starts a new segment when it is full.",
    }),
  },
  maxMessageBytes: {
    name: "max.message.bytes",
    broker: int({
      name: "message.max.bytes",
      default: 1024 * 1024 + 12,
      unit: "bytes",
      min: 0,
      help: "The largest record batch that is taken in.",
    }),
  },
  messageTimestampType: {
    name: "message.timestamp.type",
    broker: oneOf({
      name: "log.message.timestamp.type",
      default: "CreateTime",
      values: ["CreateTime", "LogAppendTime"],
      help: "Keep the producer's timestamps, or stamp batches with the broker's clock.",
    }),
  },
  messageTimestampBeforeMaxMs: {
    name: "message.timestamp.before.max.ms",
    broker: long({
      name: "log.message.timestamp.before.max.ms",
      default: INT64_MAX_TEXT,
      unit: "ms",
      min: 0,
      help: "How far a producer's timestamp may lie behind the broker's clock.",
    }),
  },
  messageTimestampAfterMaxMs: {
    name: "message.timestamp.after.max.ms",
    broker: long({
      name: "log.message.timestamp.after.max.ms",
      default: HOUR_MS,
      unit: "ms",
      min: 0,
      help: "How far a producer's timestamp may lie ahead of the broker's clock.",
    }),
  },
  fileDeleteDelayMs: {
    name: "file.delete.delay.ms",
    broker: long({
      name: "log.segment.delete.delay.ms",
      default: 60_000,
      unit: "ms",
      min: 0,
      help: "Time between the removal of a segment from the log and of its files from the disk.",
    }),
  },
  writeCaching: {
    name: "write.caching",
    broker: boolean({
      name: "write.caching",
      default: false,
      help: "Acknowledge from the page cache: faster, and a power loss may take acknowledged records. Not a Kafka setting.",
    }),
  },
  minInsyncReplicas: {
    name: "min.insync.replicas",
    broker: int({
      name: "min.insync.replicas",
      default: 1,
      unit: "count",
      min: 1,
      help: "Replicas that must hold a batch before acks=all is answered.",
    }),
  },
};

/** Settings that Kafka's clients and tools read and set, and that have one value here. */
export const fixedSettings: readonly FixedSetting[] = [
  {
    topicName: "cleanup.policy",
    brokerName: "log.cleanup.policy",
    type: SettingType.LIST,
    onlyValue: "delete",
    help: "How old segments are cleaned: removed as retention says.",
    refusal:
      "log compaction is not implemented yet; use cleanup.policy=delete, with retention.ms=-1 to keep every record",
  },
  {
    topicName: "compression.type",
    brokerName: "compression.type",
    type: SettingType.STRING,
    onlyValue: "producer",
    help: "The codec of stored batches: as the producer sent them.",
    refusal:
      "batches are stored as they came; use compression.type=producer and set the codec in the producer",
  },
  {
    topicName: "remote.storage.enable",
    brokerName: "remote.log.storage.system.enable",
    type: SettingType.BOOLEAN,
    onlyValue: "false",
    help: "Tiered storage.",
    refusal: "tiered storage is not implemented yet; leave it out",
  },
];
