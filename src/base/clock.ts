/** Time, injected wherever it decides something, so that a simulator can own it. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch: what goes into timestamps and file names. */
  wallMs(): number;
  /** Monotonic milliseconds, for deadlines. Comparable within one thread only. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
