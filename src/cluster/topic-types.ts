import type { TopicConfig } from "../config/topic-config.ts";
import type { ErrorCode } from "../protocol/error-codes.ts";
import type { PartitionHandle } from "../router/types.ts";

/** A topic as the main thread serves it. Immutable; a change makes a new one. */
export interface Topic {
  readonly name: string;
  /** Kafka's base64url form, 22 characters. */
  readonly id: string;
  readonly partitions: readonly PartitionHandle[];
  readonly config: TopicConfig;
  /** The topic's own settings by Kafka's name, without defaults. */
  readonly overrides: Readonly<Record<string, string>>;
}

export interface TopicOutcome {
  readonly errorCode: ErrorCode;
  readonly message: string | null;
  readonly topic: Topic | null;
}

export interface TopicCreation {
  readonly name: string;
  /** -1: the broker's default. */
  readonly partitionCount: number;
  /** -1: the broker's default. */
  readonly replicationFactor: number;
  readonly assignments: readonly { readonly partition: number; readonly brokerIds: readonly number[] }[];
  readonly config: Readonly<Record<string, string>>;
  readonly validateOnly: boolean;
}

/** The topics of this broker: main thread, backed by the metadata store and the partition router. */
export interface Topics {
  all(): Iterable<Topic>;
  byName(name: string): Topic | undefined;
  byId(id: string): Topic | undefined;
  create(creation: TopicCreation): Promise<TopicOutcome>;
  delete(target: { readonly name: string } | { readonly id: string }): Promise<TopicOutcome>;
}
