import { Later } from "../../base/later.ts";
import type { CloseListener, Peer } from "../../net/dispatch.ts";
import { NOT_QUEUED } from "../../router/deadline-queue.ts";
import { watermarkBytes } from "../../router/fetch-waiters.ts";
import type { FetchIsolation, PartitionHandle, WatermarkWaiter } from "../../router/types.ts";
import type { AnswerContext, Reply } from "../request-context.ts";
import type { Services } from "../services.ts";
import type { FetchPartition } from "./fetch-partition.ts";
import { findDivergence } from "./find-divergence.ts";
import {
  hasRecordsToRead,
  isSound,
  lookUpPartition,
  type PartitionFetch,
  refuseOffsetOutsideLog,
  releaseSpans,
} from "./partition-fetch.ts";
import { NOTHING_READ, type ReadOutcome, readPartitions } from "./read-partitions.ts";

/** What a fetch may return and how long it may wait for it. */
export interface FetchLimits {
  readonly bytesMax: number;
  /** At most `bytesMax`. */
  readonly bytesMin: number;
  readonly waitMsMax: number;
  readonly isolation: FetchIsolation;
}

/** What was found. Its spans are pinned until `releaseSpans`. */
interface FetchOutcome {
  readonly fetches: readonly PartitionFetch[];
  readonly read: ReadOutcome;
}

const NO_PARTITIONS: readonly PartitionHandle[] = [];

/**
 * Reads what is there. If that is less than the client wants to be answered with, lets go of it, waits for the
 * watermarks to move and reads again. Errors are answered at once. A fetch that finds nothing asks no worker, makes no
 * promise, and keeps nothing but this object while it waits: there are thousands of them. Main thread.
 */
export abstract class FetchExecution<Body>
  extends Later<Reply<Body>>
  implements AnswerContext, WatermarkWaiter, CloseListener
{
  readonly services: Services;
  readonly peer: Peer;
  readonly apiVersion: number;
  readonly #wanted: readonly FetchPartition[];
  readonly #limits: FetchLimits;
  readonly #untilMs: number;
  /** Woken for another reason than bytes (the deadline, a partition gone, too many waiters): what is there is the answer. */
  #isLastRead = false;
  /** Of the wait that is under way. */
  handles = NO_PARTITIONS;
  bytesAwaited = 0;
  deadlineMs = 0;
  deadlineAt: number = NOT_QUEUED;

  constructor(wanted: readonly FetchPartition[], limits: FetchLimits, context: AnswerContext) {
    super();
    this.services = context.services;
    this.peer = context.peer;
    this.apiVersion = context.apiVersion;
    this.#wanted = wanted;
    this.#limits = limits;
    this.#untilMs = context.services.clock.monotonicMs() + limits.waitMsMax;
  }

  /** The answer, which releases the spans; or itself, from which the answer comes later. */
  start(): Reply<Body> | Later<Reply<Body>> {
    return this.#read() ?? this;
  }

  protected abstract answer(fetches: readonly PartitionFetch[]): Reply<Body>;

  peerClosed(): void {
    this.services.router.stopWaiting(this);
    this.waitEnded();
  }

  waitEnded(): void {
    this.peer.forgetListener(this);
    this.#settle(() => this.#readAgain());
  }

  /** `null`: the answer comes later. */
  #read(): Reply<Body> | null {
    const outcome = readOnce(this.#wanted, this.#limits, this);
    if (!(outcome instanceof Promise)) return this.#judge(outcome);
    outcome.then(
      (read) => this.#settle(() => this.#judge(read)),
      (failure) => this.fail(failure),
    );
    return null;
  }

  #judge(outcome: FetchOutcome): Reply<Body> | null {
    const { fetches, read } = outcome;
    const waitMs = this.#untilMs - this.services.clock.monotonicMs();
    const mayWait = !this.#isLastRead && waitMs > 0 && !this.peer.isClosed;
    if (!mayWait || isWorthAnswering(outcome, this.#limits)) return this.answer(fetches);

    releaseSpans(fetches);
    // Only sound fetches wait, so all have a partition.
    this.handles = fetches.map(({ handle }) => handle!);
    this.bytesAwaited = this.#limits.bytesMin - read.bytes;
    for (const { seenBytes } of fetches) this.bytesAwaited += seenBytes;
    if (!this.services.router.waitForBytes(this, waitMs)) return this.#readAgain();
    this.peer.whenClosed(this);
    return null;
  }

  #readAgain(): Reply<Body> | null {
    this.#isLastRead = watermarkBytes(this.handles) < this.bytesAwaited;
    this.handles = NO_PARTITIONS;
    return this.#read();
  }

  #settle(step: () => Reply<Body> | null): void {
    let reply: Reply<Body> | null;
    try {
      reply = step();
    } catch (failure) {
      this.fail(failure);
      return;
    }
    if (reply !== null) this.resolve(reply);
  }
}

/** No promise if the published states tell everything. */
function readOnce(
  wanted: readonly FetchPartition[],
  { bytesMax, isolation }: FetchLimits,
  context: AnswerContext,
): FetchOutcome | Promise<FetchOutcome> {
  const fetches = wanted.map((partition) => lookUpPartition(partition, context));
  const divergence = findDivergence(fetches, context.services.router);
  if (divergence !== null) return divergence.then(() => readSound(fetches, bytesMax, isolation, context));
  return readSound(fetches, bytesMax, isolation, context);
}

function readSound(
  fetches: readonly PartitionFetch[],
  bytesMax: number,
  isolation: FetchIsolation,
  context: AnswerContext,
): FetchOutcome | Promise<FetchOutcome> {
  for (const fetch of fetches) refuseOffsetOutsideLog(fetch);
  if (!fetches.some((fetch) => hasRecordsToRead(fetch, isolation))) return { fetches, read: NOTHING_READ };
  const readable = fetches.filter((fetch) => hasRecordsToRead(fetch, isolation));
  const reading = readPartitions(readable, bytesMax, isolation, context.services.router);
  return reading.then((read) => ({ fetches, read }));
}

function isWorthAnswering({ fetches, read }: FetchOutcome, { bytesMin }: FetchLimits): boolean {
  return read.bytes >= bytesMin || read.isFull || fetches.length === 0 || !fetches.every(isSound);
}
