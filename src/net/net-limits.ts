/** Every bound of a listener and its connections. The defaults are those of `reliability.md`'s table. */
export interface NetLimits {
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  /** New connections per second and address; as many may come at once. */
  readonly connectionRatePerAddressMax: number;
  /**
   * Highest descriptor number a connection may have. The kernel hands out the lowest free number, so this keeps the
   * rest of the process's descriptors for files: at the process's own limit `accept` would fail and Bun would spin.
   */
  readonly descriptorMax: number;

  /** Longest request frame, without its length prefix (`socket.request.max.bytes`). */
  readonly requestBytesMax: number;
  /** Request bytes of all connections of the listener: received, or dispatched and not yet answered. */
  readonly queuedRequestBytesMax: number;
  /** Time that a partial frame gets to become whole once that memory is used up; see {@link RequestBudget}. */
  readonly memoryTurnMsMax: number;
  /** Requests of one connection that are dispatched and whose responses have not left. */
  readonly inFlightRequestsMax: number;
  /** Bytes of those requests. One request is always let in, however large. */
  readonly inFlightRequestBytesMax: number;
  /** Response bytes in memory (file spans take none) at which one connection gets no further request dispatched. */
  readonly unsentResponseBytesMax: number;
  /** The same of all connections: above it, the connection that has been stalled longest is closed. */
  readonly queuedResponseBytesMax: number;

  /** From accept to the first whole frame. */
  readonly handshakeMsMax: number;
  /** No frame, nothing in flight. */
  readonly idleMsMax: number;
  /** A begun frame must become whole, or grow by {@link PARTIAL_FRAME_PROGRESS_BYTES}, within this time. */
  readonly partialFrameMsMax: number;
  /** The client has taken no byte of a waiting response for this long. */
  readonly writeStallMsMax: number;
  /** From our FIN to the client's. */
  readonly lingerMsMax: number;
  /** Deadlines are looked at this often, all connections in one scan. */
  readonly sweepIntervalMs: number;
}

const MEBIBYTE = 1024 * 1024;

export const DEFAULT_NET_LIMITS: NetLimits = Object.freeze({
  connectionsMax: 10_000,
  connectionsPerAddressMax: 1_000,
  connectionRatePerAddressMax: 100,
  descriptorMax: 15_000,
  requestBytesMax: 100 * MEBIBYTE,
  queuedRequestBytesMax: 256 * MEBIBYTE,
  memoryTurnMsMax: 5_000,
  inFlightRequestsMax: 256,
  inFlightRequestBytesMax: 16 * MEBIBYTE,
  unsentResponseBytesMax: MEBIBYTE,
  queuedResponseBytesMax: 256 * MEBIBYTE,
  handshakeMsMax: 10_000,
  idleMsMax: 600_000,
  partialFrameMsMax: 30_000,
  writeStallMsMax: 600_000,
  lingerMsMax: 5_000,
  sweepIntervalMs: 1_000,
});

/** Growth that counts as progress of a partial frame: below it per `partialFrameMsMax`, a sender is trickling. */
export const PARTIAL_FRAME_PROGRESS_BYTES = 64 * 1024;

/**
 * Bytes one connection of many may send before the others get their turn. Beside four readers of large spans, a small request
 * had a p99 of 1.8 ms with 256 KiB and 5.5 ms with 1 MiB, and the readers were no slower.
 */
export const TURN_BYTES_MAX = 256 * 1024;

/** What those few who have something to send share in one round: each gets at least {@link TURN_BYTES_MAX}. */
export const ROUND_BYTES_SHARED = 1024 * 1024;

/** Small response parts are joined up to this size into one system call. */
export const JOINED_WRITE_BYTES_MAX = 256 * 1024;

/** Frames that span chunks are put together in reused buffers from this length on; below it, memory is cheap anyway. */
export const POOLED_FRAME_BYTES_MIN = 8 * 1024;
/** Longer ones get memory of their own: they are rare, and would hold most of {@link IDLE_FRAME_BYTES_MAX} each. */
export const POOLED_FRAME_BYTES_MAX = 4 * MEBIBYTE;
/** Reused buffers of a listener that may wait for their next frame. */
export const IDLE_FRAME_BYTES_MAX = 8 * MEBIBYTE;

/** Pending connections that the kernel queues; Bun's own 512 overflow when thousands of clients reconnect at once. */
export const LISTEN_BACKLOG = 4096;

/** Addresses remembered for the per-address limits: those with open connections or new ones in the last second. */
export const ADDRESSES_MAX = 65_536;

/** Lines about closed and refused connections per sweep; the rest is summed up in one more line. */
export const CLOSE_LOG_LINES_MAX = 50;
