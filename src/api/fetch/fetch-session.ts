import type { FetchPartition, ForgottenPartition } from "./fetch-partition.ts";

/** What a client was last told of one partition. */
interface SessionPartition {
  wanted: FetchPartition;
  /** -1: nothing yet, or an error, so that the next answer counts as a change. */
  highWatermark: number;
  logStartOffset: number;
}

/** What an answer says of one partition, as far as a session remembers it. */
export interface SessionAnswer {
  readonly wanted: FetchPartition;
  readonly isError: boolean;
  readonly hasRecords: boolean;
  readonly highWatermark: number;
  readonly logStartOffset: number;
}

const EPOCH_MAX = 2 ** 31 - 1;

/** Wraps from the largest to 1: 0 would mean a new session. Pure. */
export function epochAfter(epoch: number): number {
  return epoch === EPOCH_MAX ? 1 : epoch + 1;
}

/**
 * An incremental fetch session (KIP-227): the broker remembers what the client wants, the client names only what has
 * changed, and the answers hold only what is new. Main thread; owned by `FetchSessions`.
 */
export class FetchSession {
  readonly id: number;
  readonly usesTopicIds: boolean;
  lastUsedMs: number;
  /** In the order in which they are read: whoever got records goes to the end, so that everybody has a turn. */
  readonly #partitions = new Map<string, SessionPartition>();
  #nextEpoch = 1;

  constructor(id: number, usesTopicIds: boolean, wanted: readonly FetchPartition[], nowMs: number) {
    this.id = id;
    this.usesTopicIds = usesTopicIds;
    this.lastUsedMs = nowMs;
    this.update(wanted, []);
  }

  /** The epoch that the next request of the session has to carry. */
  get nextEpoch(): number {
    return this.#nextEpoch;
  }

  get size(): number {
    return this.#partitions.size;
  }

  wanted(): FetchPartition[] {
    return Array.from(this.#partitions.values(), ({ wanted }) => wanted);
  }

  /** Takes the changes of an incremental request: new and changed partitions, then the forgotten ones. */
  update(changed: readonly FetchPartition[], forgotten: readonly ForgottenPartition[]): void {
    for (const wanted of changed) {
      const known = this.#partitions.get(keyOf(wanted));
      if (known !== undefined) known.wanted = wanted;
      else this.#partitions.set(keyOf(wanted), { wanted, highWatermark: -1, logStartOffset: -1 });
    }
    for (const partition of forgotten) this.#partitions.delete(keyOf(partition));
  }

  /** Called once per accepted incremental request. */
  advanceEpoch(): void {
    this.#nextEpoch = epochAfter(this.#nextEpoch);
  }

  /**
   * Takes note of an answer that is about to be sent, and tells whether it holds anything new for the client, that is,
   * whether an incremental response has to contain it.
   */
  answer(answer: SessionAnswer): boolean {
    const key = keyOf(answer.wanted);
    const known = this.#partitions.get(key);
    if (known === undefined) return true; // Forgotten while this request waited.
    const isNew =
      answer.isError ||
      answer.hasRecords ||
      known.highWatermark !== answer.highWatermark ||
      known.logStartOffset !== answer.logStartOffset;
    known.highWatermark = answer.isError ? -1 : answer.highWatermark;
    known.logStartOffset = answer.logStartOffset;
    if (answer.hasRecords) {
      this.#partitions.delete(key);
      this.#partitions.set(key, known);
    }
    return isNew;
  }
}

function keyOf({ topic, partition }: ForgottenPartition): string {
  return `${topic}/${partition}`;
}
