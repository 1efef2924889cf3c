import type { FileSpan } from "../../base/file-span.ts";
import type { PartitionStateFields } from "../../io/partition-state.ts";
import { ErrorCode } from "../../protocol/error-codes.ts";
import type { FetchIsolation, PartitionHandle } from "../../router/types.ts";
import { partitionError } from "../partition-errors.ts";
import type { AnswerContext } from "../request-context.ts";
import type { FetchPartition } from "./fetch-partition.ts";

/** One partition of a fetch on its way from question to answer. */
export interface PartitionFetch {
  readonly wanted: FetchPartition;
  /** `null`: there is no such partition, or not for this client. */
  readonly handle: PartitionHandle | null;
  /** `highWatermarkBytes` before anything was read: growth since then is what a wait waits for. */
  readonly seenBytes: number;
  /** The published state as the answer shows it; `null` without a handle. */
  state: PartitionStateFields | null;
  errorCode: ErrorCode;
  span: FileSpan | null;
  /** Unpins the span's file. */
  release: (() => void) | null;
  /** Where the client's history and this log part ways (KIP-595). */
  divergingEpoch: { readonly epoch: number; readonly endOffset: number } | null;
}

/** Finds the partition and takes its published state: on the main thread, no worker is asked. */
export function lookUpPartition(wanted: FetchPartition, context: AnswerContext): PartitionFetch {
  const found = findPartition(wanted, context);
  if (typeof found === "number") return unread(wanted, null, null, found);
  const state = found.state.read();
  return unread(wanted, found, state, partitionError(state, wanted.currentLeaderEpoch));
}

function findPartition(
  wanted: FetchPartition,
  { services, peer }: AnswerContext,
): PartitionHandle | ErrorCode {
  const { isTopicId } = wanted;
  const topic = isTopicId ? services.topics.byId(wanted.topic) : services.topics.byName(wanted.topic);
  const topicName = topic?.name ?? (isTopicId ? null : wanted.topic);
  if (topicName !== null && !services.authorizer(peer, "read", "topic", topicName)) {
    return ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  }
  if (topic === undefined) {
    return isTopicId ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  }
  const handle = topic.partitions[wanted.partition];
  if (handle === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  if (isTopicId && handle.topicId !== wanted.topic) return ErrorCode.INCONSISTENT_TOPIC_ID;
  return handle;
}

function unread(
  wanted: FetchPartition,
  handle: PartitionHandle | null,
  state: PartitionStateFields | null,
  errorCode: ErrorCode,
): PartitionFetch {
  const seenBytes = state === null ? 0 : state.highWatermarkBytes;
  return { wanted, handle, seenBytes, state, errorCode, span: null, release: null, divergingEpoch: null };
}

/** Whether a client may be told anything but an error or a divergence. */
export function isSound({ errorCode, divergingEpoch }: PartitionFetch): boolean {
  return errorCode === ErrorCode.NONE && divergingEpoch === null;
}

/** Refuses offsets that the log never had or no longer has. */
export function refuseOffsetOutsideLog(fetch: PartitionFetch): void {
  const { state, wanted } = fetch;
  if (state === null || !isSound(fetch)) return;
  const isInside = wanted.fetchOffset >= state.logStartOffset && wanted.fetchOffset <= state.endOffset;
  if (!isInside) fetch.errorCode = ErrorCode.OFFSET_OUT_OF_RANGE;
}

/** Whether there are records for the client; at the high watermark there are none, and no worker is woken to say so. */
export function hasRecordsToRead(fetch: PartitionFetch, isolation: FetchIsolation): boolean {
  const { state, wanted } = fetch;
  if (state === null || !isSound(fetch)) return false;
  return wanted.fetchOffset < (isolation === "last-stable" ? state.lastStableOffset : state.highWatermark);
}

export function spanBytes({ span }: PartitionFetch): number {
  return span === null ? 0 : span.length;
}

/** Unpins what the fetches hold. */
export function releaseSpans(fetches: readonly PartitionFetch[]): void {
  for (const fetch of fetches) dropSpan(fetch);
}

export function dropSpan(fetch: PartitionFetch): void {
  fetch.release?.();
  fetch.release = null;
  fetch.span = null;
}
