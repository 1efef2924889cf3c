import { PARTITION_STATUS, type PartitionStateFields, type PartitionStatus } from "../io/partition-state.ts";
import { ErrorCode } from "../protocol/error-codes.ts";

/**
 * Why a partition in this state cannot serve a client that believes in `leaderEpoch` (-1: in none); NONE when it can.
 * Pure.
 */
export function partitionError(
  state: Pick<PartitionStateFields, "status" | "leaderEpoch">,
  believedLeaderEpoch: number,
): ErrorCode {
  const error = statusError(state.status);
  return error === ErrorCode.NONE ? leaderEpochError(believedLeaderEpoch, state.leaderEpoch) : error;
}

export function statusError(status: PartitionStatus): ErrorCode {
  switch (status) {
    case PARTITION_STATUS.ONLINE:
      return ErrorCode.NONE;
    case PARTITION_STATUS.OPENING:
      // Not LEADER_NOT_AVAILABLE: Java's consumer knows that one from Metadata only and fails on it elsewhere.
      return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    case PARTITION_STATUS.OFFLINE:
      return ErrorCode.KAFKA_STORAGE_ERROR;
    case PARTITION_STATUS.DELETED:
      return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  }
}

/** Fencing (KIP-320): who believes in an older epoch has stale metadata, who believes in a newer one knows more. */
function leaderEpochError(believed: number, current: number): ErrorCode {
  if (believed < 0 || believed === current) return ErrorCode.NONE;
  return believed < current ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH;
}

/** Replica ids from 0 are other brokers, which may read past the high watermark. This broker has no followers. */
export function isFollower(replicaId: number): boolean {
  return replicaId >= 0;
}
