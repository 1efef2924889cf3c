import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { BrokerConfig } from "../config/broker-config.ts";
import type { TopicConfig } from "../config/topic-config.ts";
import { topicConfig, topicSettingsWithoutEffect } from "../config/topic-overrides.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { RoutedPartition } from "../router/routed-partition.ts";
import type { Router } from "../router/router.ts";
import { randomKafkaUuid } from "./kafka-uuid.ts";
import type { MetadataStore, TopicRecord } from "./metadata-store.ts";
import { planCreation, refused } from "./topic-creation.ts";
import { collisionKey } from "./topic-name.ts";
import type { Topic, TopicCreation, TopicOutcome, Topics } from "./topic-types.ts";

/** What the last run wrote down about a partition. */
export interface PartitionCheckpoint {
  /** `null`: unknown, everything is verified. */
  readonly recoveryPoint: number | null;
  readonly logStartOffset: number | null;
}

export interface TopicRegistryOptions {
  readonly config: BrokerConfig;
  readonly store: MetadataStore;
  readonly router: Router;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly checkpointOf: (topic: string, partition: number) => PartitionCheckpoint;
  /** Before a name is used again: makes the checkpoints forget what had it. False: the disk refused. */
  readonly dropCheckpoint: (topic: string) => Promise<boolean>;
  readonly wasCleanShutdown: boolean;
}

interface ServedTopic extends Topic {
  readonly partitions: readonly RoutedPartition[];
}

/**
 * The topics of a single broker. The store is the truth: a topic exists when its record is synced, and is gone when
 * its deletion is; directories follow, and what a crash interrupts between the two is finished at the next start.
 * Main thread.
 */
export class TopicRegistry implements Topics {
  readonly #options: TopicRegistryOptions;
  readonly #byName = new Map<string, ServedTopic>();
  readonly #byId = new Map<string, ServedTopic>();
  /** Names being created or deleted: taken, but not served. One whose files could not go stays here until a restart. */
  readonly #inTransition = new Set<string>();
  #partitionCount = 0;

  constructor(options: TopicRegistryOptions) {
    this.#options = options;
  }

  /** Opens every topic of the store. Partitions that do not open are served as offline, with the reason logged. */
  async openAll(): Promise<void> {
    const opened = [...this.#options.store.topics()].map((record) => this.#openStored(record));
    await Promise.all(opened);
  }

  all(): Iterable<Topic> {
    return this.#byName.values();
  }

  /** Every partition of every topic, for checkpoints. */
  *partitions(): Iterable<RoutedPartition> {
    for (const topic of this.#byName.values()) yield* topic.partitions;
  }

  byName(name: string): Topic | undefined {
    return this.#byName.get(name);
  }

  byId(id: string): Topic | undefined {
    return this.#byId.get(id);
  }

  async create(creation: TopicCreation): Promise<TopicOutcome> {
    const { name } = creation;
    const planned = planCreation(creation, {
      config: this.#options.config,
      topicCount: this.#byName.size,
      partitionCount: this.#partitionCount,
    });
    if ("errorCode" in planned) return planned;
    if (this.#byName.has(name) || this.#inTransition.has(name)) {
      return refused(ErrorCode.TOPIC_ALREADY_EXISTS, `topic '${name}' already exists`);
    }
    const colliding = this.#colliding(name);
    if (colliding !== null) {
      return refused(ErrorCode.INVALID_TOPIC_EXCEPTION, `topic '${name}' collides with '${colliding}'`);
    }
    const record: TopicRecord = {
      name,
      topicId: randomKafkaUuid(),
      partitionCount: planned.partitionCount,
      config: creation.config,
      createdMs: this.#options.clock.wallMs(),
    };
    if (creation.validateOnly) {
      const topic = {
        name,
        id: record.topicId,
        partitions: [],
        config: planned.config,
        overrides: record.config,
      };
      return { errorCode: ErrorCode.NONE, message: null, topic };
    }
    this.#inTransition.add(name);
    this.#partitionCount += record.partitionCount;
    try {
      const problem = await this.#store(record);
      if (problem !== null) {
        this.#partitionCount -= record.partitionCount;
        return refused(ErrorCode.KAFKA_STORAGE_ERROR, problem);
      }
      const topic = await this.#serve(record, planned.config, true);
      this.#warnOfSettingsWithoutEffect(record);
      return { errorCode: ErrorCode.NONE, message: null, topic };
    } finally {
      this.#inTransition.delete(name);
    }
  }

  async delete(target: { readonly name: string } | { readonly id: string }): Promise<TopicOutcome> {
    const { config, store, router, logger } = this.#options;
    const topic = "name" in target ? this.#byName.get(target.name) : this.#byId.get(target.id);
    if (topic === undefined) {
      return "name" in target
        ? refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `there is no topic '${target.name}'`)
        : refused(ErrorCode.UNKNOWN_TOPIC_ID, "there is no topic with this id");
    }
    if (!config.deleteTopicEnable) {
      return refused(ErrorCode.TOPIC_DELETION_DISABLED, "delete.topic.enable is false");
    }
    if (this.#inTransition.has(topic.name)) {
      return refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `topic '${topic.name}' is being deleted`);
    }
    this.#inTransition.add(topic.name);
    const begun = await store.beginTopicDeletion(topic.name);
    if (!begun.ok) {
      this.#inTransition.delete(topic.name);
      return refused(ErrorCode.KAFKA_STORAGE_ERROR, begun.error.message);
    }
    this.#byName.delete(topic.name);
    this.#byId.delete(topic.id);
    this.#partitionCount -= topic.partitions.length;
    const removals = await Promise.all(
      topic.partitions.map((partition) => router.deletePartition(partition)),
    );
    const failed = removals.find(({ errorCode }) => errorCode !== ErrorCode.NONE);
    const finished = failed === undefined ? await store.finishTopicDeletion(topic.id) : null;
    const leftover = failed?.message ?? (finished?.ok === false ? finished.error.message : null);
    if (leftover === null) {
      this.#inTransition.delete(topic.name);
    } else {
      const message = "files are left over: the name stays taken until the next start has removed them";
      logger.warn("topic-deletion-unfinished", message, { topic: topic.name, problem: leftover });
    }
    return { errorCode: ErrorCode.NONE, message: null, topic };
  }

  async #store(record: TopicRecord): Promise<string | null> {
    if (!(await this.#options.dropCheckpoint(record.name))) {
      return "the checkpoint of an earlier topic of this name cannot be replaced: check the disk";
    }
    const stored = await this.#options.store.createTopic(record);
    return stored.ok ? null : stored.error.message;
  }

  async #openStored(record: TopicRecord): Promise<void> {
    const { config, logger } = this.#options;
    this.#partitionCount += record.partitionCount;
    const effective = topicConfig(config, record.config);
    if (!effective.ok) {
      logger.warn("topic-config-refused", "a stored topic setting is not served any more: defaults apply", {
        topic: record.name,
        problem: effective.error,
      });
    }
    await this.#serve(record, effective.ok ? effective.value : config.topicDefaults, false);
  }

  async #serve(record: TopicRecord, config: TopicConfig, isNew: boolean): Promise<ServedTopic> {
    const { router, checkpointOf, logger, wasCleanShutdown } = this.#options;
    const opening = Array.from({ length: record.partitionCount }, (_, partition) => {
      const checkpoint = isNew
        ? { recoveryPoint: 0, logStartOffset: 0 }
        : checkpointOf(record.name, partition);
      return router.openPartition({
        directory: join(this.#options.config.dataDir, `${record.name}-${partition}`),
        topic: record.name,
        topicId: record.topicId,
        partition,
        config,
        ...checkpoint,
        wasCleanShutdown: isNew || wasCleanShutdown,
      });
    });
    const topic: ServedTopic = {
      name: record.name,
      id: record.topicId,
      partitions: opening.map(({ partition }) => partition),
      config,
      overrides: record.config,
    };
    const results = await Promise.all(opening.map(({ opened }) => opened));
    for (const [partition, { errorCode, message }] of results.entries()) {
      if (errorCode === ErrorCode.NONE) continue;
      const name = `${record.name}-${partition}`;
      logger.error("partition-offline", message ?? `${name} could not be opened`, { partition: name });
    }
    this.#byName.set(topic.name, topic);
    this.#byId.set(topic.id, topic);
    return topic;
  }

  #warnOfSettingsWithoutEffect({ name, config }: TopicRecord): void {
    const settings = topicSettingsWithoutEffect(config);
    if (settings.length === 0) return;
    this.#options.logger.warn("topic-settings-without-effect", "kept with the topic, but not served here", {
      topic: name,
      settings: settings.join(", "),
    });
  }

  #colliding(name: string): string | null {
    if (!/[._]/.test(name)) return null;
    const key = collisionKey(name);
    for (const names of [this.#byName.keys(), this.#inTransition]) {
      for (const other of names) if (collisionKey(other) === key) return other;
    }
    return null;
  }
}
