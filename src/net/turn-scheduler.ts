import { ROUND_BYTES_SHARED, TURN_BYTES_MAX } from "./net-limits.ts";

/** Something that has work for a bounded turn. */
export interface TurnTaker {
  /** Sends about `bytesMax` bytes at most; true: there is more that could be done at once. Throws nothing. */
  takeTurn(bytesMax: number): boolean;
}

/**
 * Gives turns to whoever has work, round robin: a large response of one connection cannot keep the others waiting. The
 * first round comes at the end of the current event (after the promise jobs that are already queued, so that answers
 * which finish together leave together); each further one after the event loop has looked at its sockets again. One
 * per listener, main thread; holds at most one entry per connection.
 */
export class TurnScheduler {
  #ready = new Set<TurnTaker>();
  #isRoundPlanned = false;
  readonly #run = () => this.#round();

  /** Asks for a turn; asking twice before it comes is asking once. */
  ask(taker: TurnTaker): void {
    this.#ready.add(taker);
    if (this.#isRoundPlanned) return;
    this.#isRoundPlanned = true;
    queueMicrotask(this.#run);
  }

  forget(taker: TurnTaker): void {
    this.#ready.delete(taker);
  }

  #round(): void {
    const round = this.#ready;
    this.#ready = new Set();
    const bytesMax = Math.max(TURN_BYTES_MAX, Math.floor(ROUND_BYTES_SHARED / round.size));
    for (const taker of round) {
      if (taker.takeTurn(bytesMax)) this.#ready.add(taker);
    }
    this.#isRoundPlanned = this.#ready.size > 0;
    if (this.#isRoundPlanned) setImmediate(this.#run);
  }
}
