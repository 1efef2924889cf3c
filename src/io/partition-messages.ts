import type { FileDescriptor } from "../base/units.ts";
import type { ArenaMemoryHandle } from "./arena-memory.ts";

/**
 * What the main thread and a partition worker say to each other: the single owner of these layouts. Every message is
 * the payload of a ring message (see ring-layout.ts); `at` is its 8-aligned byte offset. Integers are int32 unless
 * marked f64 (offsets, positions and times: exact up to 2^53).
 *
 * ```
 * command (main -> worker)        0      4          8         12      16             24
 *   APPEND                    request partition arenaAt   length  arenaToken f64 acks
 *   FETCH                     request partition bytesMax  flags   offset f64
 *   TIMESTAMP_LOOKUP          request partition kind      -       timestamp f64
 *   EPOCH_LOOKUP              request partition epoch
 *   CONTROL                   request partition kind      length  UTF-8 JSON …
 *   PLAN_AHEAD                request partition bytesMax  -       offset f64
 *
 * completion (worker -> main)     0      4          8         12      16             24             32
 *   APPENDED                  request error     -         -       baseOffset f64 logAppendTime f64 logStart f64
 *   FETCHED                   request error     slot      fd      position f64   length f64     isCutShort
 *   LOOKED_UP                 request error     epoch     -       offset f64     timestamp f64
 *   CONTROL_DONE              request error     -         length  UTF-8 JSON …
 *   ARENA_CONSUMED            -       -         arenaToken f64
 *   WATERMARK_MOVED           partition
 *   PLANNED_AHEAD             request error     slot      fd      first f64      count, end (i32)
 *                             32: moreAbove f64; from 40 for each span: offset - first (i32), position (i32)
 * ```
 *
 * Room: a link has at most {@link REQUESTS_IN_FLIGHT_MAX} requests under way, of which at most
 * {@link CONTROLS_IN_FLIGHT_MAX} are controls. Both rings hold all of them at once, so a worker never finds the
 * completion ring full: that would be a broken invariant, not back-pressure.
 */
export const COMMAND = {
  APPEND: 1,
  FETCH: 2,
  TIMESTAMP_LOOKUP: 3,
  EPOCH_LOOKUP: 4,
  CONTROL: 5,
  PLAN_AHEAD: 6,
} as const;

export const COMPLETION = {
  APPENDED: 1,
  FETCHED: 2,
  LOOKED_UP: 3,
  CONTROL_DONE: 4,
  ARENA_CONSUMED: 5,
  WATERMARK_MOVED: 6,
  PLANNED_AHEAD: 7,
} as const;

export const CONTROL = { OPEN: 1, CLOSE: 2, DELETE: 3, CONFIGURE: 4, SHUTDOWN: 5 } as const;

export const TIMESTAMP_LOOKUP = { AT_OR_AFTER: 0, MAX: 1 } as const;

export const FETCH_FLAG = { MIN_ONE_BATCH: 1, LAST_STABLE: 2 } as const;

export const ACKS = { LEADER: 1, ALL: 2 } as const;

export const COMMAND_BYTES_MAX = 32;
/** Spans of one PLANNED_AHEAD. */
export const SPANS_AHEAD_MAX = 8;
export const COMPLETION_BYTES_MAX = 40 + 8 * SPANS_AHEAD_MAX;
/** A control's or its answer's JSON. */
export const CONTROL_JSON_BYTES_MAX = 8 * 1024;

export const REQUESTS_IN_FLIGHT_MAX = 1024;
export const CONTROLS_IN_FLIGHT_MAX = 8;
/** Bytes of each ring: the completions of 1024 requests with headers, plus the controls and watermarks, rounded up. */
export const LINK_RING_BYTES = 256 * 1024;

/** Partitions that one worker may host: bounds its block of shared states. */
export const PARTITIONS_PER_WORKER_MAX = 1024;
/** Files that may be open, and so pinned, at once in one worker. */
export const PIN_SLOTS_PER_WORKER = 2048;

/** What a worker is started with. All memory is shared with the main thread's side of the link. */
export interface WorkerBoot {
  readonly kind: "boot";
  /** At most 15 bytes: what `ps -T` shows. */
  readonly threadName: string;
  readonly commands: SharedArrayBuffer;
  readonly completions: SharedArrayBuffer;
  readonly arena: ArenaMemoryHandle;
  readonly pins: SharedArrayBuffer;
  readonly states: SharedArrayBuffer;
  readonly openSegmentsMax: number;
  readonly producerIdsMax: number;
  readonly producerIdExpirationMs: number;
  readonly maintenanceIntervalMs: number;
}

/** What a worker posts outside the rings: life-cycle and log lines, never data. */
export type WorkerNotice =
  | { readonly kind: "ready" }
  | {
      readonly kind: "log";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly event: string;
      readonly message: string;
      readonly fields: Readonly<Record<string, string | number | boolean | null>> | null;
    };

/** A span in a worker's open file, as FETCHED carries it. */
export interface PinnedSpan {
  readonly slot: number;
  readonly fd: FileDescriptor;
}
