import type { TopicConfig } from "../config/topic-config.ts";

/** Which log to open, and what its owner knows about it from the broker's checkpoints. */
export interface OpenPartition {
  /** `<data directory>/<topic>-<partition>`; its parent exists. */
  readonly directory: string;
  readonly topic: string;
  readonly partition: number;
  /** Kafka's base64url text. */
  readonly topicId: string;
  readonly config: TopicConfig;
  /** Everything below was synced; null: not known. */
  readonly recoveryPoint: number | null;
  /** Null: where the first segment starts. */
  readonly logStartOffset: number | null;
  readonly wasCleanShutdown: boolean;
}
