import { assert } from "./assert.ts";

/** Takes what a {@link Later} comes to: one call of either. */
export interface Receiver<Value> {
  resolved(value: Value): void;
  failed(failure: unknown): void;
}

/**
 * A value that comes later, for one receiver that is there before it. What a promise is, without its queue, its chain
 * and its closures: a promise that waits, and is passed on twice, is some twenty objects, and thousands of long polls
 * wait at once. Whoever makes it settles it, from a later event than the one that handed it out.
 */
export abstract class Later<Value> {
  #receiver: Receiver<Value> | null = null;

  deliverTo(receiver: Receiver<Value>): void {
    assert(this.#receiver === null, "a later value has one receiver");
    this.#receiver = receiver;
  }

  /** Called at most once, and not after {@link fail}. */
  protected resolve(value: Value): void {
    this.#take().resolved(value);
  }

  protected fail(failure: unknown): void {
    this.#take().failed(failure);
  }

  #take(): Receiver<Value> {
    const receiver = this.#receiver;
    assert(receiver !== null, "a later value is settled once, and not before it has a receiver");
    this.#receiver = null;
    return receiver;
  }
}
