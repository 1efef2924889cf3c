import type { Topic } from "../cluster/topic-types.ts";
import { PARTITION_STATUS } from "../io/partition-state.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { PartitionHandle } from "../router/types.ts";

/** A partition as Metadata and DescribeTopicPartitions show it. */
export interface PartitionPlacement {
  readonly errorCode: ErrorCode;
  readonly partitionIndex: number;
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly replicaNodes: readonly number[];
  readonly isrNodes: readonly number[];
  readonly offlineReplicas: readonly number[];
}

const NO_LEADER = -1;

/** Where a partition is served: here, or (as Kafka says it) nowhere, while it opens or after its disk has failed. Pure. */
export function placePartition({ partition, state }: PartitionHandle, nodeId: number): PartitionPlacement {
  const isOnline = state.status() === PARTITION_STATUS.ONLINE;
  const isOffline = state.status() === PARTITION_STATUS.OFFLINE;
  return {
    errorCode: isOnline ? ErrorCode.NONE : ErrorCode.LEADER_NOT_AVAILABLE,
    partitionIndex: partition,
    leaderId: isOnline ? nodeId : NO_LEADER,
    leaderEpoch: isOnline ? state.leaderEpoch() : -1,
    replicaNodes: [nodeId],
    isrNodes: [nodeId],
    offlineReplicas: isOffline ? [nodeId] : [],
  };
}

/** Kafka's own topics, which clients hide from their users. */
export function isInternalTopic({ name }: Topic): boolean {
  return name === "__consumer_offsets" || name === "__transaction_state";
}
