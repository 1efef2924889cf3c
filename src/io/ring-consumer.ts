import { assert } from "../base/assert.ts";
import {
  DATA_AT,
  HEAD_WORD,
  MESSAGE_HEADER_BYTES,
  messageBytes,
  PADDING_TYPE,
  ringCapacity,
  SLEEPING_WORD,
  TAIL_WORD,
} from "./ring-layout.ts";

/** The reading end of a ring. Belongs to one thread. */
export class RingConsumer {
  /** Views of the whole memory, as on the producer's side. */
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;

  readonly #mask: number;
  #consumed: number;
  /** The producer's cursor as last seen: looked up once per batch, not per message. */
  #tailSeen: number;
  /** The one outstanding wait. */
  #doorbell: Promise<unknown> | null = null;

  constructor(memory: SharedArrayBuffer) {
    this.u8 = new Uint8Array(memory);
    this.i32 = new Int32Array(memory);
    this.f64 = new Float64Array(memory);
    this.#mask = ringCapacity(memory) - 1;
    this.#consumed = Atomics.load(this.i32, HEAD_WORD);
    this.#tailSeen = this.#consumed;
  }

  /**
   * Hands over at most `messagesMax` messages, oldest first; `at` is the payload's byte offset in memory. Returns how
   * many. Their room goes back to the producer after the last one, so a payload is valid during the whole batch and
   * not longer. A handler that throws has consumed its message.
   */
  poll(handler: (type: number, at: number, bytes: number) => void, messagesMax: number): number {
    this.#tailSeen = Atomics.load(this.i32, TAIL_WORD);
    const first = this.#consumed;
    let handled = 0;
    try {
      while (handled < messagesMax && this.#consumed !== this.#tailSeen) {
        const at = DATA_AT + (this.#consumed & this.#mask);
        const payloadBytes = this.i32[at >> 2]!;
        const type = this.i32[(at >> 2) + 1]!;
        this.#consumed = (this.#consumed + messageBytes(payloadBytes)) | 0;
        if (type === PADDING_TYPE) continue;
        handled++;
        handler(type, at + MESSAGE_HEADER_BYTES, payloadBytes);
      }
    } finally {
      if (this.#consumed !== first) Atomics.store(this.i32, HEAD_WORD, this.#consumed);
    }
    return handled;
  }

  isEmpty(): boolean {
    if (this.#consumed !== this.#tailSeen) return false;
    this.#tailSeen = Atomics.load(this.i32, TAIL_WORD);
    return this.#consumed === this.#tailSeen;
  }

  /**
   * Asks to be woken. Null: there are messages, go on polling. Otherwise a promise that the producer's next publish
   * resolves (it may also resolve for messages that were polled meanwhile: poll, then arm again). There is never more
   * than one wait outstanding, however often this is called; it has no timeout, because timed waits leak in Bun 1.4.
   *
   * No wake-up is lost: the flag goes up before the last look at the tail, and the producer stores the tail before it
   * looks at the flag. Both are sequentially consistent, so one of the two sees the other.
   */
  armDoorbell(): Promise<unknown> | null {
    if (!this.isEmpty()) return null;
    if (this.#doorbell !== null) return this.#doorbell;
    Atomics.store(this.i32, SLEEPING_WORD, 1);
    if (!this.isEmpty()) {
      Atomics.store(this.i32, SLEEPING_WORD, 0);
      return null;
    }
    const wait = Atomics.waitAsync(this.i32, SLEEPING_WORD, 1);
    if (!wait.async) return null;
    this.#doorbell = wait.value.then(() => {
      this.#doorbell = null;
    });
    return this.#doorbell;
  }

  /**
   * Blocks the thread until the producer's next publish, or for `milliseconds`. Not on the main thread, which serves the
   * network. Cheaper than {@link armDoorbell} on both sides: the wake-up is one futex call instead of an event through
   * this thread's event loop, which meanwhile stands still: no timer fires and no promise of the system resolves.
   */
  blockUntilRung(milliseconds: number): void {
    assert(this.#doorbell === null, "a thread does not block while it has a wait outstanding");
    if (!this.isEmpty()) return;
    Atomics.store(this.i32, SLEEPING_WORD, 1);
    // As above: the flag goes up before the last look.
    if (this.isEmpty()) Atomics.wait(this.i32, SLEEPING_WORD, 1, milliseconds);
    Atomics.store(this.i32, SLEEPING_WORD, 0);
  }

  /** Ends the outstanding wait of a consumer that is done: nothing else would, and it would keep what waits for it. */
  disarmDoorbell(): void {
    Atomics.store(this.i32, SLEEPING_WORD, 0);
    Atomics.notify(this.i32, SLEEPING_WORD);
  }
}
