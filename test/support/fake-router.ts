import { FileSpan } from "../../src/base/file-span.ts";
import type { FilePosition } from "../../src/base/units.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { FetchWaiters } from "../../src/router/fetch-waiters.ts";
import type {
  AppendResult,
  EpochEnd,
  FetchIsolation,
  FetchResult,
  PartitionHandle,
  PartitionRouter,
  TimestampResult,
  WatermarkWaiter,
} from "../../src/router/types.ts";
import { FakePartition, type StoredBatch } from "./fake-partition.ts";

const NO_OFFSET = { offset: -1, timestampMs: -1, leaderEpoch: -1 };

/** A router whose partitions answer at once, on the main thread. Counts what it was asked for. */
export class FakeRouter implements PartitionRouter {
  /** Partitions of the reads that were made, in their order. */
  readonly reads: { topic: string; partition: number; bytesMax: number; minOneBatch: boolean }[] = [];
  readonly appends: { topic: string; partition: number; batch: Uint8Array; acks: "leader" | "all" }[] = [];
  /** What reads and appends of a partition answer instead of doing anything. */
  readonly failures = new Map<PartitionHandle, ErrorCode>();
  readonly #waiters = new FetchWaiters();

  /** Fetches that wait for records. */
  get waiting(): number {
    return this.#waiters.count;
  }

  /** Says that a partition's published state has changed. */
  changed(handle: PartitionHandle): void {
    this.#waiters.partitionChanged(handle);
  }

  async append(
    handle: PartitionHandle,
    lent: Uint8Array,
    acks: "leader" | "all",
    onTaken: () => void,
  ): Promise<AppendResult> {
    const batch = new Uint8Array(lent);
    onTaken();
    const partition = fake(handle);
    const { topic } = partition;
    this.appends.push({ topic, partition: partition.partition, batch, acks });
    const failure = this.failures.get(handle);
    if (failure !== undefined) {
      return { errorCode: failure, baseOffset: -1, logAppendTimeMs: -1, logStartOffset: -1 };
    }
    const { baseOffset } = partition.append(batch);
    this.changed(handle);
    const { logStartOffset } = partition.fields;
    return { errorCode: ErrorCode.NONE, baseOffset, logAppendTimeMs: -1, logStartOffset };
  }

  async planFetch(
    handle: PartitionHandle,
    offset: number,
    bytesMax: number,
    minOneBatch: boolean,
    isolation: FetchIsolation,
  ): Promise<FetchResult> {
    const partition = fake(handle);
    this.reads.push({ topic: partition.topic, partition: partition.partition, bytesMax, minOneBatch });
    const failure = this.failures.get(handle);
    if (failure !== undefined) return { errorCode: failure, span: null, release: null, isCutShort: false };
    const { lastStableOffset, highWatermark } = partition.fields;
    const end = isolation === "last-stable" ? lastStableOffset : highWatermark;
    const chosen = chooseBatches(partition.batches, offset, end, bytesMax, minOneBatch);
    if (chosen.length === 0)
      return { errorCode: ErrorCode.NONE, span: null, release: null, isCutShort: false };
    const length = chosen.reduce((sum, batch) => sum + batch.length, 0);
    partition.pinned++;
    return {
      errorCode: ErrorCode.NONE,
      span: new FileSpan(partition.fd, chosen[0]!.position as FilePosition, length),
      release: () => partition.pinned--,
      isCutShort: chosen.at(-1)!.lastOffset + 1 < end,
    };
  }

  async offsetForTimestamp(handle: PartitionHandle, timestampMs: number): Promise<TimestampResult> {
    const found = fake(handle).batches.find(({ maxTimestamp }) => maxTimestamp >= timestampMs);
    return timestampResult(handle, found);
  }

  async offsetOfMaxTimestamp(handle: PartitionHandle): Promise<TimestampResult> {
    const { batches } = fake(handle);
    const largest = Math.max(...batches.map(({ maxTimestamp }) => maxTimestamp));
    return timestampResult(
      handle,
      batches.find(({ maxTimestamp }) => maxTimestamp === largest),
    );
  }

  /** There has only ever been the current epoch. */
  async endOffsetForEpoch(handle: PartitionHandle, epoch: number): Promise<EpochEnd> {
    const { leaderEpoch, endOffset } = fake(handle).fields;
    if (epoch === leaderEpoch) return { errorCode: ErrorCode.NONE, leaderEpoch, endOffset };
    return { errorCode: ErrorCode.NONE, leaderEpoch: -1, endOffset: -1 };
  }

  waitForBytes(waiter: WatermarkWaiter, waitMsMax: number): boolean {
    return this.#waiters.add(waiter, waitMsMax);
  }

  stopWaiting(waiter: WatermarkWaiter): void {
    this.#waiters.remove(waiter);
  }
}

function fake(handle: PartitionHandle): FakePartition {
  if (!(handle instanceof FakePartition)) throw new Error("a handle of another router");
  return handle;
}

function chooseBatches(
  batches: readonly StoredBatch[],
  offset: number,
  end: number,
  bytesMax: number,
  minOneBatch: boolean,
): StoredBatch[] {
  const chosen: StoredBatch[] = [];
  let bytes = 0;
  for (const batch of batches) {
    if (batch.lastOffset < offset || batch.lastOffset >= end) continue;
    const isFree = minOneBatch && chosen.length === 0;
    if (!isFree && bytes + batch.length > bytesMax) break;
    bytes += batch.length;
    chosen.push(batch);
  }
  return chosen;
}

function timestampResult(handle: PartitionHandle, batch: StoredBatch | undefined): TimestampResult {
  if (batch === undefined) return { errorCode: ErrorCode.NONE, ...NO_OFFSET };
  return {
    errorCode: ErrorCode.NONE,
    offset: batch.baseOffset,
    timestampMs: batch.maxTimestamp,
    leaderEpoch: handle.state.leaderEpoch(),
  };
}
