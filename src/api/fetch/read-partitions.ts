import { ErrorCode } from "../../protocol/error-codes.ts";
import type { FetchIsolation, FetchResult, PartitionRouter } from "../../router/types.ts";
import { dropSpan, type PartitionFetch, spanBytes } from "./partition-fetch.ts";
import { type PlannedRead, planFetch } from "./plan-fetch.ts";

export interface ReadOutcome {
  readonly bytes: number;
  /** More lies ready than the limits let through: waiting would not bring the client anything. */
  readonly isFull: boolean;
}

/** When there was nothing to ask for. */
export const NOTHING_READ: ReadOutcome = { bytes: 0, isFull: false };

/** Asks the workers for spans, in as few rounds as the limits allow (see `planFetch`), and notes them in `waiting`. */
export async function readPartitions(
  waiting: readonly PartitionFetch[],
  bytesMax: number,
  isolation: FetchIsolation,
  router: PartitionRouter,
): Promise<ReadOutcome> {
  let bytes = 0;
  let isFull = false;
  while (waiting.length > 0) {
    const reads = planFetch(waiting, bytesMax - bytes, bytes === 0);
    if (reads.length === 0) break;
    const results = await Promise.all(
      reads.map(({ target, bytesMax: budget, minOneBatch }) =>
        router.planFetch(target.handle!, target.wanted.fetchOffset, budget, minOneBatch, isolation),
      ),
    );
    const passedOver: PartitionFetch[] = [];
    for (let i = 0; i < reads.length; i++) {
      const { target } = reads[i]!;
      const result = results[i]!;
      takeResult(target, result);
      // A first batch beyond its limit has taken the room of the others.
      const hasNoRoom = bytes > 0 && bytes + spanBytes(target) > bytesMax;
      if (hasNoRoom) dropSpan(target);
      bytes += spanBytes(target);
      isFull ||= hasNoRoom || result.isCutShort;
      if (isPassedOver(reads[i]!)) passedOver.push(target);
    }
    // Nothing so far, as the first had an error and the batches of the others are too large: one of them may be.
    waiting = bytes === 0 ? [...passedOver, ...waiting.slice(reads.length)] : waiting.slice(reads.length);
    isFull ||= bytes > 0 && passedOver.length > 0;
  }
  return { bytes, isFull: isFull || waiting.length > 0 };
}

function takeResult(fetch: PartitionFetch, { errorCode, span, release }: FetchResult): void {
  fetch.errorCode = errorCode;
  fetch.span = span;
  fetch.release = release;
  // Looked at again, so that the watermark in the answer is not behind the records in it.
  fetch.state = fetch.handle!.state.read();
}

/** There is a batch, but a larger one than this read could return. */
function isPassedOver({ target, minOneBatch }: PlannedRead<PartitionFetch>): boolean {
  return target.span === null && target.errorCode === ErrorCode.NONE && !minOneBatch;
}
