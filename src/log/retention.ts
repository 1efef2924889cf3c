import type { TopicConfig } from "../config/topic-config.ts";

/** What the rule looks at, of one segment. */
export interface SegmentAge {
  readonly size: number;
  /** Age is counted from here, ms. */
  readonly newestMs: number;
  /** The next segment's base offset, or the log's end. */
  readonly endOffset: number;
}

/**
 * How many of the oldest segments no longer have to be kept: whole segments, by age, by the log's size, or because all of
 * their records lie below the log start offset. Kafka's rules: by age as long as each one is too old; by size as long as
 * what is left still reaches `retention.bytes`. Looks at `ages` only as far as it deletes. Pure.
 */
export function segmentsToDelete(
  ages: Iterable<SegmentAge>,
  logBytes: number,
  config: TopicConfig,
  logStartOffset: number,
  nowMs: number,
): number {
  let surplusBytes = config.retentionBytes < 0 ? -1 : logBytes - config.retentionBytes;
  let count = 0;
  for (const age of ages) {
    const isTooOld = config.retentionMs >= 0 && nowMs - age.newestMs > config.retentionMs;
    const isSurplus = surplusBytes >= age.size && age.size > 0;
    const isBelowStart = age.endOffset <= logStartOffset && age.size > 0;
    if (!isTooOld && !isSurplus && !isBelowStart) break;
    surplusBytes -= age.size;
    count++;
  }
  return count;
}
