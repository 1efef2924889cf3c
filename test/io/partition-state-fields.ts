import { PARTITION_STATUS, type PartitionStateFields } from "../../src/io/partition-state.ts";

/** Bases stay below 2^53. */
const DIFFERENT_BASES = 1_000_000;

/** Fields that all follow from one number; both 32-bit halves of most change from each number to the next. */
export function fieldsFor(number: number): PartitionStateFields {
  const base = (number % DIFFERENT_BASES) * (2 ** 33 + 1);
  return {
    logStartOffset: base,
    lastStableOffset: base + 1,
    highWatermark: base + 2,
    syncedOffset: base + 3,
    endOffset: base + 4,
    highWatermarkBytes: base + 5,
    leaderEpoch: number,
    status: PARTITION_STATUS.ONLINE,
  };
}
