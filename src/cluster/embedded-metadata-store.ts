import type { Logger } from "../base/logger.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { encodeOperation, FRAME_PAYLOAD_BYTES_MAX } from "./metadata-journal.ts";
import type { MetadataJournalFile } from "./metadata-journal-file.ts";
import type { MetadataOperation } from "./metadata-operation.ts";
import { createdOperation, type MetadataState } from "./metadata-state.ts";
import type {
  MetadataStore,
  ProducerIdBlock,
  StoreError,
  StoreErrorKind,
  TopicRecord,
} from "./metadata-store.ts";

/** Changes that wait for their turn; further ones are refused as busy. */
export const WAITING_CHANGES_MAX = 1024;
/** Changes that share one write and one sync. */
export const CHANGES_PER_COMMIT_MAX = 128;
/** Producer ids handed out with one commit, as in Kafka. */
export const PRODUCER_ID_BLOCK_COUNT = 1000;

/** A change on its way. Two changes of one subject never share a commit: the second is planned on top of the first. */
interface Change {
  readonly subject: string;
  /** What to write, from the state that the commit starts with. */
  readonly plan: () => Result<MetadataOperation, StoreError>;
  readonly settle: (outcome: Result<MetadataOperation, StoreError>) => void;
}

/** A change whose operation is planned and encoded. */
interface PlannedChange {
  readonly change: Change;
  readonly operation: MetadataOperation;
  readonly encoded: Uint8Array;
}

/**
 * The metadata of a broker without a cluster: memory over a synced journal. Changes queue up; whatever waits while one
 * commit is synced becomes the next one. Made by `openEmbeddedMetadataStore`. Main thread.
 */
export class EmbeddedMetadataStore implements MetadataStore {
  readonly #state: MetadataState;
  readonly #journal: MetadataJournalFile;
  readonly #topicsMax: number;
  readonly #logger: Logger;
  readonly #waiting: Change[] = [];
  #committing: Promise<void> | null = null;
  /** Set once: every further change gets it. */
  #refusal: StoreError | null = null;

  constructor(
    state: MetadataState,
    journal: MetadataJournalFile,
    options: { topicsMax: number; logger: Logger },
  ) {
    this.#state = state;
    this.#journal = journal;
    this.#topicsMax = options.topicsMax;
    this.#logger = options.logger;
  }

  get clusterId(): string {
    return this.#state.clusterId;
  }

  topics(): Iterable<TopicRecord> {
    return this.#state.topics();
  }

  topicByName(name: string): TopicRecord | undefined {
    return this.#state.topicByName(name);
  }

  topicById(topicId: string): TopicRecord | undefined {
    return this.#state.topicById(topicId);
  }

  topicsBeingDeleted(): Iterable<TopicRecord> {
    return this.#state.topicsBeingDeleted();
  }

  async createTopic(topic: TopicRecord): Promise<Result<void, StoreError>> {
    const outcome = await this.#submit(topic.name, () => {
      if (this.#state.topicByName(topic.name))
        return refuse("exists", `topic '${topic.name}' already exists`);
      return ok(createdOperation(topic));
    });
    return outcome.ok ? ok(undefined) : outcome;
  }

  async beginTopicDeletion(name: string): Promise<Result<TopicRecord, StoreError>> {
    let topic: TopicRecord | undefined;
    const outcome = await this.#submit(name, () => {
      topic = this.#state.topicByName(name);
      if (topic === undefined) return refuse("unknown-topic", `there is no topic '${name}'`);
      return ok({ type: "topic-deletion-begun", topicId: topic.topicId });
    });
    return outcome.ok ? ok(topic!) : outcome;
  }

  async finishTopicDeletion(topicId: string): Promise<Result<void, StoreError>> {
    const outcome = await this.#submit(topicId, () => {
      if (this.#state.topicBeingDeleted(topicId)) return ok({ type: "topic-deletion-finished", topicId });
      return refuse("unknown-topic", `no topic with id ${topicId} is being deleted`);
    });
    return outcome.ok ? ok(undefined) : outcome;
  }

  async setTopicConfig(
    name: string,
    config: Readonly<Record<string, string>>,
  ): Promise<Result<TopicRecord, StoreError>> {
    const outcome = await this.#submit(name, () => {
      const topic = this.#state.topicByName(name);
      if (topic === undefined) return refuse("unknown-topic", `there is no topic '${name}'`);
      return ok({ type: "topic-config-set", topicId: topic.topicId, config: { ...config } });
    });
    return outcome.ok ? ok(this.#state.topicByName(name)!) : outcome;
  }

  async allocateProducerIdBlock(): Promise<Result<ProducerIdBlock, StoreError>> {
    let first = 0;
    const outcome = await this.#submit("producer ids", () => {
      first = this.#state.nextProducerId;
      return ok({ type: "producer-ids-allocated", next: first + PRODUCER_ID_BLOCK_COUNT });
    });
    return outcome.ok ? ok({ first, count: PRODUCER_ID_BLOCK_COUNT }) : outcome;
  }

  async close(): Promise<void> {
    this.#refusal ??= { kind: "closed", message: "the broker is stopping" };
    await this.#committing;
    await this.#journal.close();
  }

  #submit(subject: string, plan: Change["plan"]): Promise<Result<MetadataOperation, StoreError>> {
    if (this.#refusal !== null) return Promise.resolve(fail(this.#refusal));
    if (this.#waiting.length >= WAITING_CHANGES_MAX) {
      return Promise.resolve(
        refuse("busy", `${WAITING_CHANGES_MAX} changes of metadata are waiting: try again later`),
      );
    }
    return new Promise((settle) => {
      this.#waiting.push({ subject, plan, settle });
      this.#committing ??= this.#commitAll();
    });
  }

  async #commitAll(): Promise<void> {
    // Lets everything that is submitted in this turn of the event loop join the first commit.
    await null;
    while (this.#waiting.length > 0) {
      await this.#commit(this.#takeCommit());
      if (this.#journal.shouldCompact && this.#refusal === null) await this.#compact();
    }
    this.#committing = null;
  }

  /** Takes changes from the queue for one commit, in order, and settles those that cannot be planned. */
  #takeCommit(): PlannedChange[] {
    const planned: PlannedChange[] = [];
    const subjects = new Set<string>();
    let bytes = 0;
    let topicsCreated = 0;
    while (planned.length < CHANGES_PER_COMMIT_MAX) {
      const change = this.#waiting[0];
      if (change === undefined || subjects.has(change.subject)) break;
      const outcome = this.#planChange(change, topicsCreated);
      if (!outcome.ok) {
        this.#waiting.shift();
        change.settle(outcome);
        continue;
      }
      const { operation, encoded } = outcome.value;
      if (bytes + encoded.byteLength > FRAME_PAYLOAD_BYTES_MAX) break;
      this.#waiting.shift();
      planned.push({ change, operation, encoded });
      subjects.add(change.subject);
      bytes += encoded.byteLength;
      if (operation.type === "topic-created") topicsCreated++;
    }
    return planned;
  }

  #planChange(
    change: Change,
    topicsCreated: number,
  ): Result<{ operation: MetadataOperation; encoded: Uint8Array }, StoreError> {
    const outcome = change.plan();
    if (!outcome.ok) return outcome;
    const operation = outcome.value;
    const objection = this.#state.objection(operation);
    if (objection !== null) return refuse("exists", objection);
    if (operation.type === "topic-created" && this.#state.topicCount + topicsCreated >= this.#topicsMax) {
      return refuse("limit", `there are ${this.#topicsMax} topics, the most that topics.max allows`);
    }
    const encoded = encodeOperation(operation);
    if (encoded.byteLength > FRAME_PAYLOAD_BYTES_MAX) {
      return refuse(
        "limit",
        `the change takes ${encoded.byteLength} bytes, more than ${FRAME_PAYLOAD_BYTES_MAX}`,
      );
    }
    return ok({ operation, encoded });
  }

  async #commit(planned: readonly PlannedChange[]): Promise<void> {
    if (planned.length === 0) return;
    const appended = await this.#journal.append(planned.map(({ encoded }) => encoded));
    if (!appended.ok) {
      const error: StoreError = { kind: "storage", message: appended.error.message };
      this.#logger.error("metadata-journal-failed", error.message, { isFinal: appended.error.isFinal });
      for (const { change } of planned) change.settle(fail(error));
      if (appended.error.isFinal) this.#refuseFromNowOn(error);
      return;
    }
    for (const { operation } of planned) this.#state.apply(operation);
    for (const { change, operation } of planned) change.settle(ok(operation));
  }

  async #compact(): Promise<void> {
    const compacted = await this.#journal.compact(this.#state.operations());
    if (compacted.ok) return;
    const { isFinal, message } = compacted.error;
    if (isFinal) {
      this.#logger.error("metadata-journal-failed", message, { isFinal });
      this.#refuseFromNowOn({ kind: "storage", message });
    } else {
      this.#logger.warn(
        "metadata-journal-not-compacted",
        `${message}; it is used as it is and tried again later`,
      );
    }
  }

  #refuseFromNowOn(error: StoreError): void {
    this.#refusal ??= error;
    for (const change of this.#waiting.splice(0)) change.settle(fail(error));
  }
}

function refuse(kind: StoreErrorKind, message: string): Result<never, StoreError> {
  return fail({ kind, message });
}
