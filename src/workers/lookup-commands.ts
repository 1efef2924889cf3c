import { TIMESTAMP_LOOKUP } from "../io/partition-messages.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { Duty } from "./duty.ts";
import type { HostedPartition } from "./hosted-partition.ts";

/** TIMESTAMP_LOOKUP: the first record at or after a time, or the one with the largest. Worker thread. */
export function runTimestampLookup(
  { commands, completions }: Duty,
  partition: HostedPartition | undefined,
  request: number,
  at: number,
): void {
  if (partition === undefined) {
    return completions.lookedUp(request, ErrorCode.NOT_LEADER_OR_FOLLOWER, -1, -1, -1);
  }
  const isMax = commands.i32[(at >> 2) + 2] === TIMESTAMP_LOOKUP.MAX;
  const found = isMax
    ? partition.log.offsetOfMaxTimestamp()
    : partition.log.offsetForTimestamp(commands.f64[(at >> 3) + 2]!);
  completions.lookedUp(request, found.errorCode, found.leaderEpoch, found.offset, found.timestamp);
}

/** EPOCH_LOOKUP: where a leader epoch ends. Worker thread. */
export function runEpochLookup(
  { commands, completions }: Duty,
  partition: HostedPartition | undefined,
  request: number,
  at: number,
): void {
  if (partition === undefined) {
    return completions.lookedUp(request, ErrorCode.NOT_LEADER_OR_FOLLOWER, -1, -1, -1);
  }
  const found = partition.log.endOffsetForEpoch(commands.i32[(at >> 2) + 2]!);
  completions.lookedUp(request, ErrorCode.NONE, found.epoch, found.endOffset, -1);
}
