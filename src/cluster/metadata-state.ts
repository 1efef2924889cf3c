import type { MetadataOperation } from "./metadata-operation.ts";
import type { TopicRecord } from "./topic-record.ts";

/**
 * What the operations of a journal add up to. Plain memory on the main thread; whoever applies an operation has made it
 * durable before.
 */
export class MetadataState {
  #clusterId = "";
  #nextProducerId = 0;
  readonly #byName = new Map<string, TopicRecord>();
  readonly #byId = new Map<string, TopicRecord>();
  readonly #beingDeleted = new Map<string, TopicRecord>();

  get clusterId(): string {
    return this.#clusterId;
  }

  get nextProducerId(): number {
    return this.#nextProducerId;
  }

  /** Topics that are held, those being deleted included. */
  get topicCount(): number {
    return this.#byId.size + this.#beingDeleted.size;
  }

  topics(): Iterable<TopicRecord> {
    return this.#byName.values();
  }

  topicsBeingDeleted(): Iterable<TopicRecord> {
    return this.#beingDeleted.values();
  }

  topicByName(name: string): TopicRecord | undefined {
    return this.#byName.get(name);
  }

  topicById(topicId: string): TopicRecord | undefined {
    return this.#byId.get(topicId);
  }

  topicBeingDeleted(topicId: string): TopicRecord | undefined {
    return this.#beingDeleted.get(topicId);
  }

  /** Why the operation does not fit this state, or `null`. */
  objection(operation: MetadataOperation): string | null {
    switch (operation.type) {
      case "cluster":
        return this.#clusterId === "" ? null : "the cluster id is set twice";
      case "topic-created":
        if (this.#byName.has(operation.name)) return `topic '${operation.name}' exists already`;
        return this.#isIdTaken(operation.topicId) ? `topic id ${operation.topicId} is taken` : null;
      case "topic-config-set":
      case "topic-deletion-begun":
        return this.#byId.has(operation.topicId) ? null : `there is no topic with id ${operation.topicId}`;
      case "topic-deletion-finished":
        return this.#beingDeleted.has(operation.topicId)
          ? null
          : `no deletion of ${operation.topicId} has begun`;
      case "producer-ids-allocated":
        return operation.next >= this.#nextProducerId ? null : "producer ids are handed out twice";
    }
  }

  /** Applies an operation that has no {@link objection}. */
  apply(operation: MetadataOperation): void {
    switch (operation.type) {
      case "cluster":
        this.#clusterId = operation.clusterId;
        return;
      case "topic-created": {
        const { type: _, ...topic } = operation;
        return this.#put(topic);
      }
      case "topic-config-set":
        return this.#put({ ...this.#byId.get(operation.topicId)!, config: operation.config });
      case "topic-deletion-begun": {
        const topic = this.#byId.get(operation.topicId)!;
        this.#byId.delete(topic.topicId);
        this.#byName.delete(topic.name);
        this.#beingDeleted.set(topic.topicId, topic);
        return;
      }
      case "topic-deletion-finished":
        this.#beingDeleted.delete(operation.topicId);
        return;
      case "producer-ids-allocated":
        this.#nextProducerId = operation.next;
        return;
    }
  }

  /** The shortest list of operations that adds up to this state: what a compacted journal begins with. */
  *operations(): Generator<MetadataOperation> {
    yield { type: "cluster", clusterId: this.#clusterId };
    yield { type: "producer-ids-allocated", next: this.#nextProducerId };
    // First, because a topic of the same name may have been created since.
    for (const topic of this.#beingDeleted.values()) {
      yield createdOperation(topic);
      yield { type: "topic-deletion-begun", topicId: topic.topicId };
    }
    for (const topic of this.#byId.values()) yield createdOperation(topic);
  }

  #isIdTaken(topicId: string): boolean {
    return this.#byId.has(topicId) || this.#beingDeleted.has(topicId);
  }

  #put(topic: TopicRecord): void {
    const frozen = Object.freeze({ ...topic, config: Object.freeze({ ...topic.config }) });
    this.#byName.set(topic.name, frozen);
    this.#byId.set(topic.topicId, frozen);
  }
}

export function createdOperation(topic: TopicRecord): MetadataOperation {
  const { name, topicId, partitionCount, config, createdMs } = topic;
  return { type: "topic-created", name, topicId, partitionCount, config: { ...config }, createdMs };
}
