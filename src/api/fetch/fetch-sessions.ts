import { randomInt } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Clock } from "../../base/clock.ts";
import { ErrorCode } from "../../protocol/error-codes.ts";
import type { FetchPartition, ForgottenPartition } from "./fetch-partition.ts";
import { FetchSession } from "./fetch-session.ts";

/** Partitions that one session may hold. A larger fetch is served without a session. */
export const SESSION_PARTITIONS_MAX = 10_000;
/** Partitions that all sessions together may hold: some 25 MB. */
export const SESSIONS_PARTITIONS_MAX = 100_000;
/**
 * A session gives up its slot to another only after this time without a request. Otherwise more clients than slots
 * would push each other out for ever. Kafka's `min.incremental.fetch.session.eviction.ms`.
 */
export const SESSION_EVICTION_MS = 120_000;

const NO_SESSION = 0;
/** Epochs with which a request names all its partitions: to open a session, or to do without one. */
const FIRST_EPOCH = 0;
const FINAL_EPOCH = -1;

export interface FetchSessionsOptions {
  readonly slotsMax: number;
  readonly clock: Clock;
}

/** The session fields of a Fetch request. */
export interface SessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly usesTopicIds: boolean;
  readonly wanted: readonly FetchPartition[];
  readonly forgotten: readonly ForgottenPartition[];
}

/** What a request comes to: an error for the whole of it, or the partitions to read in this order. */
export interface SessionTurn {
  readonly errorCode: ErrorCode;
  /** `null`: the fetch stands alone. */
  readonly session: FetchSession | null;
  /** Whether the response leaves out what has not changed. */
  readonly isIncremental: boolean;
  readonly wanted: readonly FetchPartition[];
}

/** All incremental fetch sessions of the broker, in an LRU of bounded slots and bounded contents. Main thread. */
export class FetchSessions {
  readonly #slotsMax: number;
  readonly #clock: Clock;
  readonly #sessions: LRUCache<number, FetchSession>;
  #partitionsCount = 0;

  constructor({ slotsMax, clock }: FetchSessionsOptions) {
    this.#slotsMax = slotsMax;
    this.#clock = clock;
    this.#sessions = new LRUCache({ max: Math.max(1, slotsMax) });
  }

  get count(): number {
    return this.#sessions.size;
  }

  get partitionsCount(): number {
    return this.#partitionsCount;
  }

  /** Finds, makes, changes or closes the session that the request speaks of. */
  turn(request: SessionRequest): SessionTurn {
    const { sessionId, sessionEpoch } = request;
    const namesAllPartitions = sessionEpoch === FIRST_EPOCH || sessionEpoch === FINAL_EPOCH;
    if (!namesAllPartitions) return this.#next(request);
    if (sessionId !== NO_SESSION) this.#close(sessionId);
    const session = sessionEpoch === FIRST_EPOCH ? this.#open(request) : null;
    return {
      errorCode: ErrorCode.NONE,
      session,
      isIncremental: false,
      wanted: session?.wanted() ?? request.wanted,
    };
  }

  #next({ sessionId, sessionEpoch, usesTopicIds, wanted, forgotten }: SessionRequest): SessionTurn {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return refused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
    if (session.nextEpoch !== sessionEpoch) return refused(ErrorCode.INVALID_FETCH_SESSION_EPOCH);
    if (session.usesTopicIds !== usesTopicIds) return refused(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR);

    const sizeBefore = session.size;
    session.update(wanted, forgotten);
    session.lastUsedMs = this.#clock.monotonicMs();
    this.#partitionsCount += session.size - sizeBefore;
    if (session.size === 0) {
      this.#close(sessionId);
      return { errorCode: ErrorCode.NONE, session: null, isIncremental: false, wanted: [] };
    }
    if (session.size > SESSION_PARTITIONS_MAX || this.#partitionsCount > SESSIONS_PARTITIONS_MAX) {
      // The client starts over with all its partitions, and is then served without a session.
      this.#close(sessionId);
      return refused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
    }
    session.advanceEpoch();
    return { errorCode: ErrorCode.NONE, session, isIncremental: true, wanted: session.wanted() };
  }

  /** `null`: there is no room, or nothing to remember. The client learns it from session id 0 and asks in full again. */
  #open({ wanted, usesTopicIds }: SessionRequest): FetchSession | null {
    if (wanted.length === 0 || wanted.length > SESSION_PARTITIONS_MAX) return null;
    if (!this.#makeRoom(wanted.length)) return null;
    const session = new FetchSession(this.#unusedId(), usesTopicIds, wanted, this.#clock.monotonicMs());
    this.#sessions.set(session.id, session);
    this.#partitionsCount += session.size;
    return session;
  }

  #makeRoom(partitions: number): boolean {
    const idleSince = this.#clock.monotonicMs() - SESSION_EVICTION_MS;
    while (
      this.#sessions.size >= this.#slotsMax ||
      this.#partitionsCount + partitions > SESSIONS_PARTITIONS_MAX
    ) {
      const oldest = this.#sessions.rvalues().next().value;
      if (oldest === undefined || oldest.lastUsedMs > idleSince) return false;
      this.#close(oldest.id);
    }
    return true;
  }

  #close(sessionId: number): void {
    const session = this.#sessions.peek(sessionId);
    if (session === undefined) return;
    this.#sessions.delete(sessionId);
    this.#partitionsCount -= session.size;
  }

  /** Random, so that a client cannot come upon another's session by counting. */
  #unusedId(): number {
    let id: number;
    do id = randomInt(1, 2 ** 31);
    while (this.#sessions.has(id));
    return id;
  }
}

function refused(errorCode: ErrorCode): SessionTurn {
  return { errorCode, session: null, isIncremental: false, wanted: [] };
}
