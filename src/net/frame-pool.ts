import { assert } from "../base/assert.ts";
import type { FrameMemory } from "./frame.ts";
import { IDLE_FRAME_BYTES_MAX, POOLED_FRAME_BYTES_MAX, POOLED_FRAME_BYTES_MIN } from "./net-limits.ts";

/**
 * Buffers for frames that span chunks, in sizes of powers of two, used again once a frame is released: the newest
 * first, whose pages are there and in the cache. A buffer is taken when a frame's last byte has come, never for a
 * declared length; frames in use count in the request budget by their length (their buffer is up to twice that), idle
 * buffers are bounded by {@link IDLE_FRAME_BYTES_MAX} and dropped when nobody took one for a sweep. Shared by the
 * connections of a listener; main thread.
 */
export class FramePool implements FrameMemory {
  /** By the exponent of their size. */
  readonly #idle: ArrayBuffer[][] = Array.from({ length: EXPONENT_MAX + 1 }, () => []);
  #idleBytes = 0;
  #isUsed = false;

  /** Bytes of buffers that wait to be used again. */
  get idleBytes(): number {
    return this.#idleBytes;
  }

  /** Whether frames of this length come from here. */
  takes(length: number): boolean {
    return length >= POOLED_FRAME_BYTES_MIN && length <= POOLED_FRAME_BYTES_MAX;
  }

  /** `length` bytes with any content. */
  take(length: number): Uint8Array {
    assert(this.takes(length), "the pool has frames of this size");
    this.#isUsed = true;
    const exponent = exponentOf(length);
    const idle = this.#idle[exponent]!.pop();
    if (idle !== undefined) this.#idleBytes -= idle.byteLength;
    return new Uint8Array(idle ?? new ArrayBuffer(1 << exponent), 0, length);
  }

  /** Whoever still looks at `bytes` sees other frames from now on. */
  giveBack({ buffer }: Uint8Array): void {
    assert(buffer instanceof ArrayBuffer, "the pool's buffers belong to one thread");
    const { byteLength } = buffer;
    const idle = this.#idle[exponentOf(byteLength)]!;
    assert(!idle.includes(buffer), "a buffer is given back once");
    if (this.#idleBytes + byteLength > IDLE_FRAME_BYTES_MAX) {
      buffer.transfer(0);
      return;
    }
    idle.push(buffer);
    this.#idleBytes += byteLength;
  }

  /** Called every `sweepIntervalMs`: memory of a burst does not stay when the burst is over. */
  sweep(): void {
    if (!this.#isUsed && this.#idleBytes > 0) {
      for (const idle of this.#idle) for (const buffer of idle.splice(0)) buffer.transfer(0);
      this.#idleBytes = 0;
    }
    this.#isUsed = false;
  }
}

const EXPONENT_MAX = exponentOf(POOLED_FRAME_BYTES_MAX);

/** Of the smallest power of two that is not below `bytes`. */
function exponentOf(bytes: number): number {
  return 32 - Math.clz32(bytes - 1);
}
