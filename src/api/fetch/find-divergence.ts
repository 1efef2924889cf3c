import { ErrorCode } from "../../protocol/error-codes.ts";
import type { PartitionRouter } from "../../router/types.ts";
import { isSound, type PartitionFetch } from "./partition-fetch.ts";

/**
 * For clients that say which epoch their last record has (KIP-595; ordinary consumers do not): finds out whether this
 * log still contains it, or was cut off below and goes on with another history. `null`: nobody says.
 */
export function findDivergence(
  fetches: readonly PartitionFetch[],
  router: PartitionRouter,
): Promise<unknown> | null {
  if (!fetches.some(saysEpoch)) return null;
  return Promise.all(fetches.filter(saysEpoch).map((fetch) => checkEpoch(fetch, router)));
}

function saysEpoch(fetch: PartitionFetch): boolean {
  return fetch.wanted.lastFetchedEpoch >= 0 && isSound(fetch);
}

async function checkEpoch(fetch: PartitionFetch, router: PartitionRouter): Promise<void> {
  const { lastFetchedEpoch, fetchOffset } = fetch.wanted;
  const end = await router.endOffsetForEpoch(fetch.handle!, lastFetchedEpoch);
  if (end.errorCode !== ErrorCode.NONE) fetch.errorCode = end.errorCode;
  else if (end.endOffset < 0) fetch.errorCode = ErrorCode.OFFSET_OUT_OF_RANGE;
  else if (end.leaderEpoch < lastFetchedEpoch || end.endOffset < fetchOffset) {
    fetch.divergingEpoch = { epoch: end.leaderEpoch, endOffset: end.endOffset };
  }
}
