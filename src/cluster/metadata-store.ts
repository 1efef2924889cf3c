import type { Result } from "../base/result.ts";
import type { TopicRecord } from "./topic-record.ts";

export type { TopicRecord } from "./topic-record.ts";

/** Why the store did not do what it was asked. `message` may be shown to clients and operators. */
export interface StoreError {
  readonly kind: StoreErrorKind;
  readonly message: string;
}

/**
 * `exists`, `unknown-topic`: the request does not fit what is there. `limit`: a named limit is reached. `busy`: too many
 * changes are waiting. `storage`: the disk failed; nothing was changed. `damaged`, `newer-version`,
 * `foreign-directory`: the store cannot be opened. `closed`: the broker is stopping.
 */
export type StoreErrorKind =
  | "exists"
  | "unknown-topic"
  | "limit"
  | "busy"
  | "storage"
  | "damaged"
  | "newer-version"
  | "foreign-directory"
  | "closed";

/**
 * The broker's metadata. Reads are from memory and see what is durable, nothing else. A change is durable when its
 * promise resolves with `ok`; promises never reject. Main thread. Alone, a broker uses the embedded store; in a
 * cluster, another implementation takes its place.
 */
export interface MetadataStore {
  readonly clusterId: string;
  topics(): Iterable<TopicRecord>;
  topicByName(name: string): TopicRecord | undefined;
  topicById(topicId: string): TopicRecord | undefined;
  /** Gone for clients; their files are not removed yet. */
  topicsBeingDeleted(): Iterable<TopicRecord>;

  createTopic(topic: TopicRecord): Promise<Result<void, StoreError>>;
  /** Frees the name. The files may be removed from here on, and must be before {@link finishTopicDeletion}. */
  beginTopicDeletion(name: string): Promise<Result<TopicRecord, StoreError>>;
  finishTopicDeletion(topicId: string): Promise<Result<void, StoreError>>;
  /** Replaces all settings of the topic's own. */
  setTopicConfig(
    name: string,
    config: Readonly<Record<string, string>>,
  ): Promise<Result<TopicRecord, StoreError>>;
  /** Ids that were never handed out before, not even by an earlier run. */
  allocateProducerIdBlock(): Promise<Result<ProducerIdBlock, StoreError>>;
  /** Finishes the changes that are under way and refuses new ones. */
  close(): Promise<void>;
}

export interface ProducerIdBlock {
  readonly first: number;
  readonly count: number;
}
