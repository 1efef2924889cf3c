import { assert } from "../base/assert.ts";

/** Something that ends at a time unless it is removed before. Both fields belong to the queue that it is in. */
export interface Deadlined {
  /** Milliseconds of the queue's clock. */
  deadlineMs: number;
  /** Its place in the queue; {@link NOT_QUEUED}: it is in none. */
  deadlineAt: number;
}

export const NOT_QUEUED = -1;
/** Deadlines end together, at most this often: how late one may be, beside what the event loop is late. */
export const DEADLINE_TICK_MS = 10;
/** Timers beyond this become 1 ms: clamp. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/**
 * Deadlines of many with one timer: a binary heap whose entries know their places, so that one is removed without a
 * search. A timer for each would be an object of the runtime for each, and an event each. Ends nobody early; no timer
 * runs while it is empty. Bounded by its user. Main thread.
 */
export class DeadlineQueue<Entry extends Deadlined> {
  readonly #heap: Entry[] = [];
  readonly #expired: (entry: Entry) => void;
  readonly #nowMs: () => number;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** When it fires. */
  #timerMs = Number.POSITIVE_INFINITY;
  readonly #fire = () => this.#fired();

  /** `expired` is called once for each entry whose deadline has passed, when it is out of the queue. Throws nothing. */
  constructor(expired: (entry: Entry) => void, nowMs: () => number = () => performance.now()) {
    this.#expired = expired;
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#heap.length;
  }

  get hasTimer(): boolean {
    return this.#timer !== null;
  }

  add(entry: Entry, afterMs: number): void {
    assert(entry.deadlineAt === NOT_QUEUED, "an entry is in the queue once");
    const nowMs = this.#nowMs();
    entry.deadlineMs = nowMs + afterMs;
    this.#heap.push(entry);
    this.#rise(entry, this.#heap.length - 1);
    if (entry.deadlineMs < this.#timerMs) this.#arm(nowMs, 0);
  }

  /** Taking out what is not in, or not any more, does nothing. */
  remove(entry: Entry): void {
    const at = entry.deadlineAt;
    if (at === NOT_QUEUED) return;
    assert(this.#heap[at] === entry, "an entry stands where it says");
    entry.deadlineAt = NOT_QUEUED;
    const last = this.#heap.pop()!;
    if (last !== entry) {
      this.#rise(last, at);
      this.#sink(last, last.deadlineAt);
    }
    if (this.#heap.length === 0) this.#disarm();
  }

  #fired(): void {
    this.#timer = null;
    this.#timerMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#nowMs();
    // Whoever is added meanwhile is due later than now, or in the next round.
    for (let left = this.#heap.length; left > 0; left--) {
      const first = this.#heap[0];
      if (first === undefined || first.deadlineMs > nowMs) break;
      this.remove(first);
      this.#expired(first);
    }
    // Looked at again: those who ended have taken their time.
    if (this.#heap.length > 0) this.#arm(this.#nowMs(), DEADLINE_TICK_MS);
  }

  #arm(nowMs: number, afterMsMin: number): void {
    this.#disarm();
    const afterMs = Math.max(afterMsMin, Math.ceil(this.#heap[0]!.deadlineMs - nowMs));
    this.#timerMs = nowMs + afterMs;
    this.#timer = setTimeout(this.#fire, Math.min(afterMs, TIMER_MS_MAX));
  }

  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerMs = Number.POSITIVE_INFINITY;
  }

  /** Puts `entry` at `at` or above, where its parent is not later. */
  #rise(entry: Entry, at: number): void {
    let place = at;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#heap[above]!;
      if (parent.deadlineMs <= entry.deadlineMs) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(entry, place);
  }

  #sink(entry: Entry, at: number): void {
    const { length } = this.#heap;
    let place = at;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= length) break;
      if (below + 1 < length && this.#heap[below + 1]!.deadlineMs < this.#heap[below]!.deadlineMs) below++;
      const child = this.#heap[below]!;
      if (child.deadlineMs >= entry.deadlineMs) break;
      this.#put(child, place);
      place = below;
    }
    this.#put(entry, place);
  }

  #put(entry: Entry, at: number): void {
    this.#heap[at] = entry;
    entry.deadlineAt = at;
  }
}
