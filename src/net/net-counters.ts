/** Why a connection was not let in. */
export const REFUSAL_CAUSES = ["total", "address", "rate", "descriptors", "addresses"] as const;
export type RefusalCause = (typeof REFUSAL_CAUSES)[number];

/** Why a connection ended. */
export const CLOSE_CAUSES = [
  "peer-closed",
  "peer-reset",
  "malformed",
  "dispatch-failed",
  "handshake-timeout",
  "idle",
  "partial-frame-timeout",
  "write-stalled",
  "request-memory",
  "response-memory",
  "span-failed",
  "internal-error",
  "drained",
  "drain-timeout",
] as const;
export type CloseCause = (typeof CLOSE_CAUSES)[number];

/** Monotone counters of one listener, and three gauges; read by metrics at scrape time. Main thread. */
export interface NetCounters {
  accepted: number;
  refused: Record<RefusalCause, number>;
  closed: Record<CloseCause, number>;
  /** Received bytes, frames or not. */
  bytesIn: number;
  /** Sent bytes, those by sendfile included. */
  bytesOut: number;
  bytesBySendfile: number;
  framesIn: number;
  responsesOut: number;
  /** `write` calls: `responsesOut / writes` is how well responses are joined. */
  writes: number;
  /** How often a connection stopped being read because a limit was reached. */
  pauses: number;
  /** Gauge. */
  connections: number;
  /** Gauge: bytes received and not yet answered, see {@link RequestBudget}. */
  queuedRequestBytes: number;
  /** Gauge: response bytes in memory. */
  queuedResponseBytes: number;
}

export function createNetCounters(): NetCounters {
  return {
    accepted: 0,
    refused: zeroes(REFUSAL_CAUSES),
    closed: zeroes(CLOSE_CAUSES),
    bytesIn: 0,
    bytesOut: 0,
    bytesBySendfile: 0,
    framesIn: 0,
    responsesOut: 0,
    writes: 0,
    pauses: 0,
    connections: 0,
    queuedRequestBytes: 0,
    queuedResponseBytes: 0,
  };
}

function zeroes<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}
