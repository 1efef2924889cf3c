import { describe, expect, test } from "vitest";
import { ConnectionDeadlines } from "../../src/net/connection-deadlines.ts";
import { DEFAULT_NET_LIMITS as LIMITS, PARTIAL_FRAME_PROGRESS_BYTES } from "../../src/net/net-limits.ts";

const IDLE = LIMITS.idleMsMax;
const PARTIAL = LIMITS.partialFrameMsMax;
const HANDSHAKE = LIMITS.handshakeMsMax;
const STALL = LIMITS.writeStallMsMax;

describe("ConnectionDeadlines", () => {
  test("a first frame must come in time, however busily bytes trickle in before", () => {
    const deadlines = new ConnectionDeadlines(0);
    deadlines.received(100_000, HANDSHAKE - 1);
    deadlines.cut(0, 100_000, HANDSHAKE - 1);
    expect(expired(deadlines, HANDSHAKE - 1)).toBeNull();
    expect(expired(deadlines, HANDSHAKE)).toBe("handshake-timeout");
  });

  test("a partial frame that trickles is closed, one that grows is not", () => {
    const trickling = afterFirstFrame();
    const growing = afterFirstFrame();
    for (let ms = 0; ms < PARTIAL; ms += 1000) {
      trickling.received(1000, ms);
      trickling.cut(0, 1000, ms);
      growing.received(PARTIAL_FRAME_PROGRESS_BYTES / 10, ms);
      growing.cut(0, 1000, ms);
    }
    expect(expired(trickling, PARTIAL)).toBe("partial-frame-timeout");
    expect(expired(growing, PARTIAL)).toBeNull();
    expect(expired(growing, PARTIAL * 2)).toBe("partial-frame-timeout");
  });

  test("the time between two frames is not counted as a partial frame", () => {
    const deadlines = afterFirstFrame();
    deadlines.received(10, 0);
    deadlines.cut(1, 0, 0);
    expect(expired(deadlines, PARTIAL)).toBeNull();
  });

  test("a silent connection is idle, unless a request of it is being worked on", () => {
    const deadlines = afterFirstFrame();
    expect(expired(deadlines, IDLE - 1)).toBeNull();
    expect(deadlines.expired(LIMITS, true, true, IDLE)).toBeNull();
    deadlines.sent(100, false, IDLE - 1);
    expect(expired(deadlines, IDLE)).toBeNull();
    expect(expired(deadlines, IDLE * 2 - 1)).toBe("idle");
  });

  test("time in which we did not read is not held against the client", () => {
    const deadlines = new ConnectionDeadlines(0);
    deadlines.received(10, 1);
    deadlines.cut(0, 10, 1);
    expect(deadlines.expired(LIMITS, false, false, IDLE * 2)).toBeNull();
    deadlines.readingResumed(IDLE * 2);
    expect(expired(deadlines, IDLE * 2 + HANDSHAKE - 1)).toBeNull();
    expect(expired(deadlines, IDLE * 2 + HANDSHAKE)).toBe("handshake-timeout");
  });

  test("a client that takes none of its response is closed, one that takes a little is not", () => {
    const deadlines = afterFirstFrame();
    deadlines.sent(0, true, 0);
    deadlines.sent(1, true, STALL - 1);
    deadlines.sent(0, true, STALL);
    expect(deadlines.expired(LIMITS, true, false, STALL)).toBeNull();
    expect(deadlines.expired(LIMITS, true, false, STALL * 2 - 1)).toBe("write-stalled");
    deadlines.sent(1, false, STALL * 2 - 1);
    expect(deadlines.expired(LIMITS, true, false, STALL * 2)).toBeNull();
  });

  test("a goodbye that the client does not answer is cut off", () => {
    const deadlines = afterFirstFrame();
    deadlines.lingerSinceMs = 10;
    expect(deadlines.expired(LIMITS, false, false, 10 + LIMITS.lingerMsMax)).toBe("drain-timeout");
  });
});

function afterFirstFrame(): ConnectionDeadlines {
  const deadlines = new ConnectionDeadlines(0);
  deadlines.received(10, 0);
  deadlines.cut(1, 0, 0);
  return deadlines;
}

function expired(deadlines: ConnectionDeadlines, nowMs: number): string | null {
  return deadlines.expired(LIMITS, false, true, nowMs);
}
