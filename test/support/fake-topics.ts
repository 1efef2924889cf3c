import { planCreation, refused } from "../../src/cluster/topic-creation.ts";
import type { Topic, TopicCreation, TopicOutcome, Topics } from "../../src/cluster/topic-types.ts";
import type { BrokerConfig } from "../../src/config/broker-config.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { FakePartition } from "./fake-partition.ts";

export interface FakeTopic extends Topic {
  readonly partitions: readonly FakePartition[];
}

/** Topics in memory, with the real rules for what may be created. */
export class FakeTopics implements Topics {
  readonly #config: BrokerConfig;
  readonly #topics = new Map<string, FakeTopic>();
  #nextId = 1;

  constructor(config: BrokerConfig) {
    this.#config = config;
  }

  all(): Iterable<FakeTopic> {
    return this.#topics.values();
  }

  byName(name: string): FakeTopic | undefined {
    return this.#topics.get(name);
  }

  byId(id: string): FakeTopic | undefined {
    return [...this.#topics.values()].find((topic) => topic.id === id);
  }

  /** A topic that is simply there. */
  add(name: string, partitionCount = 1, config: Record<string, string> = {}): FakeTopic {
    const planned = planCreation(creationOf(name, partitionCount, config), this.#context());
    if ("errorCode" in planned) throw new Error(planned.message ?? `error ${planned.errorCode}`);
    const id = Buffer.alloc(16, this.#nextId++).toString("base64url");
    const partitions = Array.from(
      { length: planned.partitionCount },
      (_, index) => new FakePartition(name, id, index),
    );
    const topic = { name, id, partitions, config: planned.config, overrides: config };
    this.#topics.set(name, topic);
    return topic;
  }

  async create(creation: TopicCreation): Promise<TopicOutcome> {
    const { name, config, validateOnly } = creation;
    const planned = planCreation(creation, this.#context());
    if ("errorCode" in planned) return planned;
    if (this.#topics.has(name))
      return refused(ErrorCode.TOPIC_ALREADY_EXISTS, `topic '${name}' already exists`);
    const topic = validateOnly
      ? { name, id: "not created", partitions: [], config: planned.config, overrides: config }
      : this.add(name, planned.partitionCount, { ...config });
    return { errorCode: ErrorCode.NONE, message: null, topic };
  }

  async delete(target: { readonly name: string } | { readonly id: string }): Promise<TopicOutcome> {
    const topic = "name" in target ? this.byName(target.name) : this.byId(target.id);
    if (topic === undefined) return refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "there is no such topic");
    this.#topics.delete(topic.name);
    return { errorCode: ErrorCode.NONE, message: null, topic };
  }

  close(): void {
    for (const { partitions } of this.#topics.values()) for (const partition of partitions) partition.close();
  }

  #context() {
    return { config: this.#config, topicCount: this.#topics.size, partitionCount: 0 };
  }
}

function creationOf(name: string, partitionCount: number, config: Record<string, string>): TopicCreation {
  return { name, partitionCount, replicationFactor: -1, assignments: [], config, validateOnly: false };
}
