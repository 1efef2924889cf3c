import { ROUND_BYTES_SHARED, TURN_BYTES_MAX } from "./net-limits.ts";

/** Something that has work for a bounded turn. */
export interface TurnTaker {
  /** Sends about `bytesMax` bytes at most; true: there is more that could be done at once. Throws nothing. */
  takeTurn(bytesMax: number): boolean;
}

/**
 * Gives turns to whoever has work, round robin: a large response of one connection cannot keep the others waiting. The
 * first round comes at the end of the current event (after the promise jobs that are already queued, so that answers
 * which finish together leave together); each further one after the event loop has looked at its sockets again. Long turns
 * are given once between two such looks: events of one look may each have a round of their own. One per listener, main
 * thread; holds at most one entry per connection.
 */
export class TurnScheduler {
  #ready = new Set<TurnTaker>();
  #isRoundPlanned = false;
  /** A round with long turns has run since the event loop last looked at its sockets. */
  #isShareGiven = false;
  readonly #run = () => this.#round();
  readonly #runAfterLoop = () => {
    this.#isShareGiven = false;
    this.#round();
  };
  readonly #loopTurned = () => {
    this.#isShareGiven = false;
  };

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
    const share = this.#isShareGiven ? 0 : Math.floor(ROUND_BYTES_SHARED / round.size);
    const bytesMax = Math.max(TURN_BYTES_MAX, share);
    for (const taker of round) {
      if (taker.takeTurn(bytesMax)) this.#ready.add(taker);
    }
    this.#isRoundPlanned = this.#ready.size > 0;
    if (this.#isRoundPlanned) setImmediate(this.#runAfterLoop);
    else if (bytesMax > TURN_BYTES_MAX) setImmediate(this.#loopTurned);
    if (bytesMax > TURN_BYTES_MAX) this.#isShareGiven = true;
  }
}
