import { ptr } from "bun:ffi";
import { libc } from "./libc.ts";

const CLOCK_MONOTONIC = 1;

/** struct timespec on 64-bit systems: seconds and nanoseconds, each an int64 whose low word suffices here. */
const timespec = new Uint32Array(new ArrayBuffer(16));
const native = libc();
const timespecAt = native === null ? null : ptr(timespec);

/**
 * Nanoseconds on a clock that all threads share: `performance.now` and `Bun.nanoseconds` start anew in each worker.
 * Where CLOCK_MONOTONIC cannot be reached the wall clock anchors it, so that a step of it while a thread starts shifts
 * that thread by as much.
 */
export function monotonicNs(): number {
  if (native === null) return (performance.timeOrigin + performance.now()) * 1e6;
  native.clock_gettime(CLOCK_MONOTONIC, timespecAt!);
  return timespec[0]! * 1e9 + timespec[2]!;
}
