import type { CloseCause } from "./net-counters.ts";
import { type NetLimits, PARTIAL_FRAME_PROGRESS_BYTES } from "./net-limits.ts";

/**
 * The moments that a connection's deadlines count from, monotonic milliseconds. Plain data, so that checking 10,000
 * connections once a second is one cheap scan and no connection has a timer.
 */
export class ConnectionDeadlines {
  /** Accept, until the first whole frame has come. */
  handshakeSinceMs: number | null;
  /** Last frame, or last response sent. */
  activeMs: number;
  /** Start of the current partial frame, or of its last sufficient growth; `null` between frames. */
  partialSinceMs: number | null = null;
  /** Growth since then. */
  partialBytes = 0;
  /** Since when a ready response waits for room in the socket; `null`: none does. */
  stalledSinceMs: number | null = null;
  /** When our FIN was sent; `null`: not yet. */
  lingerSinceMs: number | null = null;

  constructor(nowMs: number) {
    this.handshakeSinceMs = nowMs;
    this.activeMs = nowMs;
  }

  received(bytes: number, nowMs: number): void {
    this.partialSinceMs ??= nowMs;
    this.partialBytes += bytes;
  }

  /** `frames` were cut; `heldBytes` of a further one are there. */
  cut(frames: number, heldBytes: number, nowMs: number): void {
    if (frames > 0) {
      this.handshakeSinceMs = null;
      this.activeMs = nowMs;
    }
    if (heldBytes === 0) this.partialSinceMs = null;
    else if (frames > 0 || this.partialBytes >= PARTIAL_FRAME_PROGRESS_BYTES) this.partialSinceMs = nowMs;
    else return;
    this.partialBytes = 0;
  }

  /** We did not let the client send: its time starts anew. */
  readingResumed(nowMs: number): void {
    if (this.handshakeSinceMs !== null) this.handshakeSinceMs = nowMs;
    if (this.partialSinceMs !== null) this.partialSinceMs = nowMs;
    this.activeMs = nowMs;
  }

  /** After a turn of sending. */
  sent(bytes: number, isBlocked: boolean, nowMs: number): void {
    if (bytes > 0) this.activeMs = nowMs;
    if (!isBlocked) this.stalledSinceMs = null;
    else if (bytes > 0 || this.stalledSinceMs === null) this.stalledSinceMs = nowMs;
  }

  /** The deadline that has passed, if any. `isBusy`: requests are in flight. `isReading`: the client is let send. */
  expired(limits: NetLimits, isBusy: boolean, isReading: boolean, nowMs: number): CloseCause | null {
    if (hasPassed(this.lingerSinceMs, limits.lingerMsMax, nowMs)) return "drain-timeout";
    if (hasPassed(this.stalledSinceMs, limits.writeStallMsMax, nowMs)) return "write-stalled";
    if (!isReading) return null;
    if (hasPassed(this.handshakeSinceMs, limits.handshakeMsMax, nowMs)) return "handshake-timeout";
    if (hasPassed(this.partialSinceMs, limits.partialFrameMsMax, nowMs)) return "partial-frame-timeout";
    if (!isBusy && hasPassed(this.activeMs, limits.idleMsMax, nowMs)) return "idle";
    return null;
  }
}

function hasPassed(sinceMs: number | null, limitMs: number, nowMs: number): boolean {
  return sinceMs !== null && nowMs - sinceMs >= limitMs;
}
