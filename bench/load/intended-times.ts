import { assert } from "../../src/base/assert.ts";

/** A queue of times in a ring of bounded size: what is in flight on one connection, answered in order. */
export class IntendedTimes {
  readonly #times: Float64Array;
  #first = 0;
  #count = 0;

  constructor(capacity: number) {
    this.#times = new Float64Array(capacity);
  }

  get count(): number {
    return this.#count;
  }

  get free(): number {
    return this.#times.length - this.#count;
  }

  push(ms: number): void {
    assert(this.free > 0, "no more requests in flight than there is room for");
    this.#times[(this.#first + this.#count++) % this.#times.length] = ms;
  }

  shift(): number {
    assert(this.#count > 0, "an answer belongs to a request");
    const ms = this.#times[this.#first]!;
    this.#first = (this.#first + 1) % this.#times.length;
    this.#count--;
    return ms;
  }
}
