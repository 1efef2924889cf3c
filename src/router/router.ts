import { assert } from "../base/assert.ts";
import type { TopicConfig } from "../config/topic-config.ts";
import { CONTROL } from "../io/partition-messages.ts";
import { PARTITION_STATUS } from "../io/partition-state.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { ControlResult } from "./control-request.ts";
import { FetchWaiters } from "./fetch-waiters.ts";
import { PartitionThreads, type PartitionThreadsOptions } from "./partition-threads.ts";
import { AppendRequest, EpochRequest, FetchRequest, type LinkRequest, TimestampRequest } from "./requests.ts";
import { type PartitionOpening, RoutedPartition } from "./routed-partition.ts";
import type {
  AppendResult,
  EpochEnd,
  FetchIsolation,
  FetchResult,
  PartitionHandle,
  PartitionRouter,
  TimestampResult,
  WatermarkWaiter,
} from "./types.ts";

/** Batches are refused above this share of the arena, so that two fit and one can be written while one arrives. */
const ARENA_SHARE_MAX = 0.5;

/** See {@link PartitionRouter}. Owns the partition threads. Main thread. */
export class Router implements PartitionRouter {
  readonly #threads: PartitionThreads;
  readonly #waiters = new FetchWaiters();
  readonly #batchBytesMax: number;

  constructor(options: Omit<PartitionThreadsOptions, "onChange">) {
    this.#batchBytesMax = options.link.arenaBytes * ARENA_SHARE_MAX;
    this.#threads = new PartitionThreads({
      ...options,
      onChange: (partition) => this.#waiters.partitionChanged(partition),
    });
  }

  get threadCount(): number {
    return this.#threads.threadCount;
  }

  /** The handle is there at once (status OPENING); `opened` says how it went. */
  openPartition(opening: PartitionOpening): { partition: RoutedPartition; opened: Promise<ControlResult> } {
    const partition = new RoutedPartition(opening);
    const opened =
      this.#threads.open(partition) ??
      Promise.resolve({
        errorCode: ErrorCode.POLICY_VIOLATION,
        message: "every partition thread hosts as many partitions as it may: raise partition.workers.max",
      });
    return { partition, opened };
  }

  deletePartition(partition: RoutedPartition): Promise<ControlResult> {
    return this.#threads.release(partition, CONTROL.DELETE);
  }

  configurePartition(partition: RoutedPartition, config: TopicConfig): Promise<ControlResult> {
    partition.opening = { ...partition.opening, config };
    return this.#threads.control(partition, CONTROL.CONFIGURE, config);
  }

  /** Closes all partitions cleanly. The results name those that could not be. */
  close(): Promise<ControlResult[]> {
    return this.#threads.close();
  }

  append(
    handle: PartitionHandle,
    batch: Uint8Array,
    acks: "leader" | "all",
    onTaken: () => void,
  ): Promise<AppendResult> {
    return new Promise((resolve) => {
      const partition = routed(handle);
      const request = new AppendRequest(partition.index, batch, acks, onTaken, resolve);
      if (batch.byteLength > this.#batchBytesMax) request.fail(ErrorCode.MESSAGE_TOO_LARGE);
      else submit(partition, request);
    });
  }

  planFetch(
    handle: PartitionHandle,
    offset: number,
    bytesMax: number,
    minOneBatch: boolean,
    isolation: FetchIsolation,
  ): Promise<FetchResult> {
    const partition = routed(handle);
    const planned = partition.ahead.take(partition.state, offset, bytesMax, minOneBatch);
    if (planned !== null) return Promise.resolve(planned);
    return new Promise((resolve) => {
      const request = new FetchRequest(
        partition.index,
        offset,
        bytesMax,
        minOneBatch,
        isolation,
        resolve,
        (span) => partition.ahead.answered(partition.state, offset, bytesMax, span),
      );
      submit(partition, request);
    });
  }

  offsetForTimestamp(handle: PartitionHandle, timestampMs: number): Promise<TimestampResult> {
    return this.#lookUpTimestamp(handle, timestampMs);
  }

  offsetOfMaxTimestamp(handle: PartitionHandle): Promise<TimestampResult> {
    return this.#lookUpTimestamp(handle, null);
  }

  endOffsetForEpoch(handle: PartitionHandle, epoch: number): Promise<EpochEnd> {
    return new Promise((resolve) => {
      const partition = routed(handle);
      submit(partition, new EpochRequest(partition.index, epoch, resolve));
    });
  }

  waitForBytes(waiter: WatermarkWaiter, waitMsMax: number): boolean {
    return this.#waiters.add(waiter, waitMsMax);
  }

  stopWaiting(waiter: WatermarkWaiter): void {
    this.#waiters.remove(waiter);
  }

  #lookUpTimestamp(handle: PartitionHandle, timestampMs: number | null): Promise<TimestampResult> {
    return new Promise((resolve) => {
      const partition = routed(handle);
      submit(partition, new TimestampRequest(partition.index, timestampMs, resolve));
    });
  }
}

function routed(handle: PartitionHandle): RoutedPartition {
  assert(handle instanceof RoutedPartition, "a handle comes from this router");
  return handle;
}

function submit(partition: RoutedPartition, request: LinkRequest): void {
  const status = partition.state.status();
  if (partition.link === null || status === PARTITION_STATUS.DELETED) {
    request.fail(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  } else if (status === PARTITION_STATUS.OFFLINE) {
    request.fail(ErrorCode.KAFKA_STORAGE_ERROR);
  } else {
    partition.link.submit(request);
  }
}
