import { assert } from "../base/assert.ts";
import {
  DATA_AT,
  HEAD_WORD,
  MESSAGE_HEADER_BYTES,
  messageBytes,
  PADDING_TYPE,
  ringCapacity,
  ringPayloadBytesMax,
  SLEEPING_WORD,
  TAIL_WORD,
} from "./ring-layout.ts";

/**
 * The writing end of a ring. Belongs to one thread. Messages are claimed, filled in place through the views, and all
 * become visible together with `publish()`: one store and at most one wake-up for a whole batch.
 */
export class RingProducer {
  /** Views of the whole memory: a payload claimed at `at` is `u8[at…]`, `i32[at >> 2]`, `f64[at >> 3]`. */
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly capacityBytes: number;
  readonly payloadBytesMax: number;

  readonly #mask: number;
  #claimed: number;
  #published: number;
  /** The consumer's cursor as last seen. It only moves forward, so an old value is merely pessimistic. */
  #headSeen: number;

  constructor(memory: SharedArrayBuffer) {
    this.capacityBytes = ringCapacity(memory);
    this.payloadBytesMax = ringPayloadBytesMax(this.capacityBytes);
    this.u8 = new Uint8Array(memory);
    this.i32 = new Int32Array(memory);
    this.f64 = new Float64Array(memory);
    this.#mask = this.capacityBytes - 1;
    this.#claimed = Atomics.load(this.i32, TAIL_WORD);
    this.#published = this.#claimed;
    this.#headSeen = Atomics.load(this.i32, HEAD_WORD);
  }

  /** Place for one message: the byte offset of its payload in memory, 8-aligned; -1 while the ring is too full. */
  claim(type: number, payloadBytes: number): number {
    assert(type >= 0, "message types are not negative");
    assert(
      payloadBytes >= 0 && payloadBytes <= this.payloadBytesMax,
      "a message exceeds its share of the ring",
    );
    const bytes = messageBytes(payloadBytes);
    const at = this.#claimed & this.#mask;
    const bytesToEnd = this.capacityBytes - at;
    const padding = bytes > bytesToEnd ? bytesToEnd : 0;
    if (!this.#hasRoom(padding + bytes)) return -1;

    if (padding > 0) this.#writeHeader(at, PADDING_TYPE, padding - MESSAGE_HEADER_BYTES);
    const messageAt = padding > 0 ? 0 : at;
    this.#writeHeader(messageAt, type, payloadBytes);
    this.#claimed = (this.#claimed + padding + bytes) | 0;
    return DATA_AT + messageAt + MESSAGE_HEADER_BYTES;
  }

  /** Makes every claimed message visible, and rings the doorbell if the consumer sleeps. */
  publish(): void {
    if (this.#published === this.#claimed) return;
    this.#published = this.#claimed;
    Atomics.store(this.i32, TAIL_WORD, this.#claimed);
    // The load keeps the line shared while the consumer is awake; only who takes the flag down wakes.
    if (Atomics.load(this.i32, SLEEPING_WORD) === 0) return;
    if (Atomics.exchange(this.i32, SLEEPING_WORD, 0) === 1) Atomics.notify(this.i32, SLEEPING_WORD, 1);
  }

  /** Bytes not taken by claimed or unconsumed messages, headers and padding counted as taken. */
  freeBytes(): number {
    this.#headSeen = Atomics.load(this.i32, HEAD_WORD);
    return this.capacityBytes - this.#usedBytes();
  }

  #hasRoom(bytes: number): boolean {
    if (this.capacityBytes - this.#usedBytes() >= bytes) return true;
    this.#headSeen = Atomics.load(this.i32, HEAD_WORD);
    return this.capacityBytes - this.#usedBytes() >= bytes;
  }

  #usedBytes(): number {
    return (this.#claimed - this.#headSeen) | 0;
  }

  #writeHeader(at: number, type: number, payloadBytes: number): void {
    const word = (DATA_AT + at) >> 2;
    this.i32[word] = payloadBytes;
    this.i32[word + 1] = type;
  }
}
