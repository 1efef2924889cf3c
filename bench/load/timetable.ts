import { assert } from "../../src/base/assert.ts";

/**
 * When each send of an open loop is meant to happen: number n at `startMs + n / perSecond`, whatever happened before.
 * A sender that is late sends what is due at once and counts from the intended times, so that its own waiting is in
 * the latencies (no coordinated omission). Times are worked out from the number, never summed up: they cannot drift.
 */
export class Timetable {
  readonly startMs: number;
  readonly perSecond: number;
  /** The number of the next send. */
  next = 0;

  constructor(startMs: number, perSecond: number) {
    assert(perSecond > 0 && Number.isFinite(perSecond), "a timetable has a rate");
    this.startMs = startMs;
    this.perSecond = perSecond;
  }

  intendedMs(number: number): number {
    return this.startMs + (number * 1000) / this.perSecond;
  }

  /** Sends that are due and have not been taken. */
  due(nowMs: number): number {
    const passed = Math.floor(((nowMs - this.startMs) * this.perSecond) / 1000) + 1;
    return Math.max(0, passed - this.next);
  }

  /** Takes the next send; its intended time. */
  take(): number {
    return this.intendedMs(this.next++);
  }

  get nextMs(): number {
    return this.intendedMs(this.next);
  }
}
