import type { NetCounters } from "./net-counters.ts";
import type { NetLimits } from "./net-limits.ts";

/** A connection, as the budget sees it. */
export interface BudgetReader {
  /** Bytes received and not yet cut into frames. */
  readonly heldBytes: number;
  /** {@link RequestBudget.mayRead} has a new answer. */
  readingAllowedChanged(): void;
  /** Its turn is over, its frame still not whole, its memory needed. */
  turnMissed(): void;
}

/**
 * Memory for requests, shared by all connections of a listener: *held* bytes are received and not yet dispatched,
 * *dispatched* ones wait for their handler. When both together reach the limit, every connection stops reading until
 * they have fallen to three quarters of it; then all read again, in the order in which they stopped.
 *
 * Handlers finish by themselves, but memory full of partial frames would never empty. So while handlers have less than
 * half of it, one connection may read on: the one that holds most. It has `memoryTurnMsMax` to complete its
 * frame, else it is closed: whoever fills the memory with a frame that never ends pays for it alone. The bytes counted
 * stay under one and a half times the limit plus one frame and what Bun delivers in one call. Main thread.
 */
export class RequestBudget {
  readonly #bytesMax: number;
  readonly #turnMsMax: number;
  readonly #counters: NetCounters;
  readonly #onExceeded: () => void;
  readonly #waiting = new Set<BudgetReader>();
  #held = 0;
  #dispatched = 0;
  #isExceeded = false;
  /** Not all readers have been stopped yet, so the one that holds most is not known. */
  #isStopping = false;
  #turn: BudgetReader | null = null;
  #turnEndsMs = Number.POSITIVE_INFINITY;

  /** `onExceeded` makes every connection ask {@link mayRead} again. */
  constructor(limits: NetLimits, counters: NetCounters, onExceeded: () => void) {
    this.#bytesMax = limits.queuedRequestBytesMax;
    this.#turnMsMax = limits.memoryTurnMsMax;
    this.#counters = counters;
    this.#onExceeded = onExceeded;
  }

  mayRead(reader: BudgetReader): boolean {
    return !this.#isExceeded || this.#turn === reader;
  }

  /** The reader wants to read and may not: it will be told. */
  wait(reader: BudgetReader): void {
    this.#waiting.add(reader);
    this.#grantTurn();
  }

  /** The reader does not want to read now, or is gone. */
  leave(reader: BudgetReader): void {
    this.#waiting.delete(reader);
    if (this.#turn !== reader) return;
    this.#turn = null;
    this.#grantTurn();
  }

  hold(bytes: number): void {
    this.#held += bytes;
    this.#update();
  }

  /** Held bytes that a closing connection throws away. */
  drop(bytes: number): void {
    this.#held -= bytes;
    this.#update();
  }

  /** `heldBytes` held ones became a frame of `requestBytes` (the prefix goes). */
  dispatch(reader: BudgetReader, heldBytes: number, requestBytes: number): void {
    this.#held -= heldBytes;
    this.#dispatched += requestBytes;
    if (this.#turn === reader) {
      this.#turn = null;
      reader.readingAllowedChanged();
    }
    this.#update();
  }

  finish(requestBytes: number): void {
    this.#dispatched -= requestBytes;
    this.#update();
  }

  /** Called every `sweepIntervalMs`. */
  sweep(nowMs: number): void {
    const reader = this.#turn;
    if (reader === null) return;
    if (this.#turnEndsMs === Number.POSITIVE_INFINITY) this.#turnEndsMs = nowMs + this.#turnMsMax;
    else if (nowMs >= this.#turnEndsMs) reader.turnMissed();
  }

  #update(): void {
    const bytes = this.#held + this.#dispatched;
    this.#counters.queuedRequestBytes = bytes;
    if (!this.#isExceeded) {
      if (bytes < this.#bytesMax) return;
      this.#isExceeded = true;
      this.#isStopping = true;
      this.#onExceeded();
      this.#isStopping = false;
      this.#grantTurn();
    } else if (bytes <= this.#bytesMax * RESUME_SHARE) {
      this.#isExceeded = false;
      this.#turn = null;
      const readers = [...this.#waiting];
      this.#waiting.clear();
      for (const reader of readers) reader.readingAllowedChanged();
    } else {
      this.#grantTurn();
    }
  }

  #grantTurn(): void {
    if (!this.#isExceeded || this.#isStopping || this.#turn !== null) return;
    if (this.#dispatched >= this.#bytesMax * TURN_SHARE) return;
    let largest: BudgetReader | null = null;
    for (const reader of this.#waiting) {
      if (reader.heldBytes > (largest?.heldBytes ?? 0)) largest = reader;
    }
    if (largest === null) return;
    this.#waiting.delete(largest);
    this.#turn = largest;
    this.#turnEndsMs = Number.POSITIVE_INFINITY;
    largest.readingAllowedChanged();
  }
}

const RESUME_SHARE = 3 / 4;
const TURN_SHARE = 1 / 2;
