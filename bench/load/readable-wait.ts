import { dlopen, FFIType, ptr } from "bun:ffi";
import { assert } from "../../src/base/assert.ts";

// <poll.h>, <linux/prctl.h>
const POLLIN = 1;
const POLLFD_BYTES = 8;
const PR_SET_TIMERSLACK = 29;
const TIMER_SLACK_NANOSECONDS = 1000;

/**
 * Sleeps until one of some sockets can be read, or a time has passed, to some ten microseconds: timers of the event loop
 * come a millisecond late. The event loop has to get a turn afterwards, to read. Linux; blocks this thread.
 */
export class ReadableWait {
  readonly #calls = bind();
  readonly #sockets: Uint8Array;
  readonly #timeout = new BigInt64Array(new ArrayBuffer(16));

  constructor(descriptors: readonly number[]) {
    this.#sockets = new Uint8Array(new ArrayBuffer(descriptors.length * POLLFD_BYTES));
    const view = new DataView(this.#sockets.buffer);
    for (const [index, descriptor] of descriptors.entries()) {
      view.setInt32(index * POLLFD_BYTES, descriptor, true);
      view.setInt16(index * POLLFD_BYTES + 4, POLLIN, true);
    }
    // By default the kernel may be 50 µs late, to save wake-ups.
    assert(
      this.#calls.prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NANOSECONDS) === 0,
      "a thread may set its timer slack",
    );
  }

  /** Below a second. */
  wait(microseconds: number): void {
    this.#timeout[1] = BigInt(Math.round(microseconds * 1000));
    const sockets = this.#sockets.byteLength / POLLFD_BYTES;
    this.#calls.ppoll(ptr(this.#sockets), sockets, ptr(this.#timeout), null);
  }
}

function bind() {
  return dlopen("libc.so.6", {
    ppoll: { args: [FFIType.ptr, FFIType.i64_fast, FFIType.ptr, FFIType.ptr], returns: FFIType.i32 },
    prctl: { args: [FFIType.i32, FFIType.i64_fast], returns: FFIType.i32 },
  }).symbols;
}
