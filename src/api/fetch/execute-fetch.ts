import type { FetchIsolation, WatermarkWait } from "../../router/types.ts";
import type { RequestContext } from "../request-context.ts";
import type { FetchPartition } from "./fetch-partition.ts";
import { findDivergence } from "./find-divergence.ts";
import {
  hasRecordsToRead,
  isSound,
  lookUpPartition,
  type PartitionFetch,
  refuseOffsetOutsideLog,
  releaseSpans,
} from "./partition-fetch.ts";
import { type ReadOutcome, readPartitions } from "./read-partitions.ts";

/** What a fetch may return and how long it may wait for it. */
export interface FetchLimits {
  readonly bytesMax: number;
  /** At most `bytesMax`. */
  readonly bytesMin: number;
  readonly waitMsMax: number;
  readonly isolation: FetchIsolation;
}

/** What was found. Its spans are pinned until `releaseSpans`. */
interface FetchOutcome extends ReadOutcome {
  readonly fetches: readonly PartitionFetch[];
}

/**
 * Reads what is there. If that is less than the client wants to be answered with, lets go of it, waits for the
 * watermarks to move and reads again. Errors are answered at once. The caller releases the spans of the result.
 */
export async function executeFetch(
  wanted: readonly FetchPartition[],
  limits: FetchLimits,
  context: RequestContext,
): Promise<readonly PartitionFetch[]> {
  const { clock, router } = context.services;
  const deadlineMs = clock.monotonicMs() + limits.waitMsMax;
  for (;;) {
    const outcome = await readOnce(wanted, limits, context);
    const { fetches } = outcome;
    const waitMs = deadlineMs - clock.monotonicMs();
    const mayWait = waitMs > 0 && !context.peer.closed.aborted;
    if (!mayWait || isWorthAnswering(outcome, limits)) return fetches;

    const bytesNeeded = limits.bytesMin - outcome.bytes;
    const waits = watermarkWaits(fetches);
    releaseSpans(fetches);
    await router.waitForBytes(waits, bytesNeeded, waitMs, context.peer.closed);
    // Woken for another reason (the deadline, a partition gone, too many waiters): whatever is there is the answer.
    if (grownBytes(waits) < bytesNeeded) return (await readOnce(wanted, limits, context)).fetches;
  }
}

async function readOnce(
  wanted: readonly FetchPartition[],
  { bytesMax, isolation }: FetchLimits,
  context: RequestContext,
): Promise<FetchOutcome> {
  const { router } = context.services;
  const fetches = wanted.map((partition) => lookUpPartition(partition, context));
  await findDivergence(fetches, router);
  for (const fetch of fetches) refuseOffsetOutsideLog(fetch);
  const readable = fetches.filter((fetch) => hasRecordsToRead(fetch, isolation));
  return { fetches, ...(await readPartitions(readable, bytesMax, isolation, router)) };
}

function isWorthAnswering({ fetches, bytes, isFull }: FetchOutcome, { bytesMin }: FetchLimits): boolean {
  return bytes >= bytesMin || isFull || fetches.length === 0 || !fetches.every(isSound);
}

/** Only sound fetches wait, so all have a partition. */
function watermarkWaits(fetches: readonly PartitionFetch[]): WatermarkWait[] {
  return fetches.map(({ handle, seenBytes }) => ({ handle: handle!, seenBytes }));
}

function grownBytes(waits: readonly WatermarkWait[]): number {
  let grown = 0;
  for (const { handle, seenBytes } of waits) grown += handle.state.highWatermarkBytes() - seenBytes;
  return grown;
}
