/**
 * A topic's effective configuration: the broker's defaults with the topic's own settings over them. Kafka's names in
 * camelCase; units as in Kafka (ms, bytes). -1 means "no limit" where Kafka says so. Frozen.
 */
export interface TopicConfig {
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly indexIntervalBytes: number;
  /** Maximum size of an `.index` file; the segment rolls when it is reached. */
  readonly segmentIndexBytes: number;
  readonly maxMessageBytes: number;
  readonly messageTimestampType: "CreateTime" | "LogAppendTime";
  readonly messageTimestampBeforeMaxMs: number;
  readonly messageTimestampAfterMaxMs: number;
  readonly fileDeleteDelayMs: number;
  /** Acknowledge from the page cache and let the high watermark follow the end offset. Not a Kafka setting. */
  readonly writeCaching: boolean;
  readonly minInsyncReplicas: number;
}
