import type { FileSpan } from "../base/file-span.ts";
import type { PartitionState } from "../io/partition-state.ts";
import type { ErrorCode } from "../protocol/error-codes.ts";
import type { Deadlined } from "./deadline-queue.ts";

/** A partition as the main thread knows it. Its `state` is shared memory that the owning worker publishes. */
export interface PartitionHandle {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly state: PartitionState;
}

export interface AppendResult {
  readonly errorCode: ErrorCode;
  /** -1 unless appended (or found to be a duplicate: then the first offset it got). */
  readonly baseOffset: number;
  /** -1 unless the topic stamps LogAppendTime. */
  readonly logAppendTimeMs: number;
  readonly logStartOffset: number;
}

export interface FetchResult {
  readonly errorCode: ErrorCode;
  /** `null`: nothing to send (at the watermark, or an error). */
  readonly span: FileSpan | null;
  /** Unpins the span's file. Must be called once if not `null`. */
  readonly release: (() => void) | null;
  /** More bytes lie behind the span below the watermark: a limit or the segment ended it. */
  readonly isCutShort: boolean;
}

export interface TimestampResult {
  readonly errorCode: ErrorCode;
  /** -1: no record matches. */
  readonly offset: number;
  readonly timestampMs: number;
  readonly leaderEpoch: number;
}

export interface EpochEnd {
  readonly errorCode: ErrorCode;
  readonly leaderEpoch: number;
  readonly endOffset: number;
}

/** Waits for partitions to grow below their high watermarks. */
export interface WatermarkWaiter extends Deadlined {
  readonly handles: readonly PartitionHandle[];
  /** What the `highWatermarkBytes` of these partitions are to be together. */
  readonly bytesAwaited: number;
  /** Throws nothing. */
  waitEnded(): void;
}

export type FetchIsolation = "high-watermark" | "last-stable";

/** The way from the main thread to the partition threads. Nothing here waits for a disk; all queues are bounded. */
export interface PartitionRouter {
  /**
   * Appends one whole v2 batch. `leader` resolves when it is in the page cache, `all` when it is synced. `batch` must
   * stay as it is until `onTaken`, which is called once and never after the result: at once, or when there is room.
   */
  append(
    handle: PartitionHandle,
    batch: Uint8Array,
    acks: "leader" | "all",
    onTaken: () => void,
  ): Promise<AppendResult>;
  /** Not to be called at the high watermark: `handle.state` says that there is nothing without waking a worker. */
  planFetch(
    handle: PartitionHandle,
    offset: number,
    bytesMax: number,
    minOneBatch: boolean,
    isolation: FetchIsolation,
  ): Promise<FetchResult>;
  offsetForTimestamp(handle: PartitionHandle, timestampMs: number): Promise<TimestampResult>;
  offsetOfMaxTimestamp(handle: PartitionHandle): Promise<TimestampResult>;
  endOffsetForEpoch(handle: PartitionHandle, epoch: number): Promise<EpochEnd>;
  /**
   * Calls `waitEnded` once: when the partitions have grown to what the waiter awaits, when one of them leaves the online
   * state, or after `waitMsMax`. False: one of these holds already, or too many wait; nothing is called then.
   */
  waitForBytes(waiter: WatermarkWaiter, waitMsMax: number): boolean;
  /** `waitEnded` is not called any more. */
  stopWaiting(waiter: WatermarkWaiter): void;
}
