/** Reads of one request that may be under way at once. */
export const CONCURRENT_READS_MAX = 256;

/** One read that is to be made, with what it may return. */
export interface PlannedRead<Target> {
  readonly target: Target;
  readonly bytesMax: number;
  /** Return a whole batch even if it is larger than `bytesMax`: otherwise a large batch could never be fetched. */
  readonly minOneBatch: boolean;
}

/**
 * The next reads of a fetch, to be made at the same time: the longest run of `waiting` whose limits fit together into
 * `bytesLeft`, and at least the first. Whoever does not fit waits until it is known what these have really taken. So
 * every partition gets exactly what it would get if they were read one after the other, and the usual dozen takes one
 * round. Pure.
 */
export function planFetch<Target extends { readonly wanted: { readonly bytesMax: number } }>(
  waiting: readonly Target[],
  bytesLeft: number,
  foundNothingYet: boolean,
): PlannedRead<Target>[] {
  const reads: PlannedRead<Target>[] = [];
  if (bytesLeft <= 0 && !foundNothingYet) return reads;
  let unplanned = Math.max(0, bytesLeft);
  for (const target of waiting) {
    const { bytesMax } = target.wanted;
    const isFirst = reads.length === 0;
    if (!isFirst && (bytesMax > unplanned || reads.length === CONCURRENT_READS_MAX)) break;
    const budget = Math.min(bytesMax, unplanned);
    reads.push({ target, bytesMax: budget, minOneBatch: isFirst && foundNothingYet });
    unplanned -= budget;
  }
  return reads;
}
