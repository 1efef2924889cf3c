import type { BrokerConfig } from "../config/broker-config.ts";
import type { TopicConfig } from "../config/topic-config.ts";
import { topicConfig } from "../config/topic-overrides.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { topicNameProblem } from "./topic-name.ts";
import type { TopicCreation, TopicOutcome } from "./topic-types.ts";

/** A creation that may go ahead, with every default filled in. */
export interface PlannedTopic {
  readonly partitionCount: number;
  readonly config: TopicConfig;
}

/** What else a creation is checked against. */
export interface CreationContext {
  readonly config: BrokerConfig;
  readonly topicCount: number;
  readonly partitionCount: number;
}

/** Checks a creation by itself: everything but whether the name is taken. Pure. */
export function planCreation(
  creation: TopicCreation,
  { config, topicCount, partitionCount: partitionsInUse }: CreationContext,
): PlannedTopic | TopicOutcome {
  const nameProblem = topicNameProblem(creation.name);
  if (nameProblem !== null) return refused(ErrorCode.INVALID_TOPIC_EXCEPTION, nameProblem);

  const isAssigned = creation.assignments.length > 0;
  if (isAssigned && (creation.partitionCount !== -1 || creation.replicationFactor !== -1)) {
    return refused(
      ErrorCode.INVALID_REQUEST,
      "partitions and replication factor must both be -1 when replicas are assigned",
    );
  }
  if (isAssigned) {
    const problem = assignmentProblem(creation, config.nodeId);
    if (problem !== null) return refused(ErrorCode.INVALID_REPLICA_ASSIGNMENT, problem);
  }
  const assignedOrAsked = isAssigned ? creation.assignments.length : creation.partitionCount;
  const partitionCount = assignedOrAsked === -1 ? config.numPartitions : assignedOrAsked;
  if (partitionCount <= 0) {
    return refused(ErrorCode.INVALID_PARTITIONS, "the number of partitions must be larger than 0");
  }
  if (creation.replicationFactor !== -1 && creation.replicationFactor !== 1) {
    return refused(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      `replication factor ${creation.replicationFactor} asks for more brokers than the 1 there is`,
    );
  }
  if (topicCount >= config.topicsMax) {
    return refused(ErrorCode.POLICY_VIOLATION, `there are ${topicCount} topics; topics.max allows no more`);
  }
  if (partitionsInUse + partitionCount > config.partitionsMax) {
    return refused(
      ErrorCode.POLICY_VIOLATION,
      `there are ${partitionsInUse} partitions; partitions.max does not allow ${partitionCount} more`,
    );
  }
  const effective = topicConfig(config, creation.config);
  if (!effective.ok) return refused(ErrorCode.INVALID_CONFIG, effective.error);
  return { partitionCount, config: effective.value };
}

/** An outcome without a topic. */
export function refused(errorCode: ErrorCode, message: string): TopicOutcome {
  return { errorCode, message, topic: null };
}

function assignmentProblem({ assignments }: TopicCreation, nodeId: number): string | null {
  const partitions = assignments.map(({ partition }) => partition).sort((a, b) => a - b);
  if (partitions.some((partition, index) => partition !== index)) {
    return "assigned partitions must be numbered from 0 without gaps or repeats";
  }
  const isHere = assignments.every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === nodeId);
  return isHere ? null : `every partition must be assigned to the one broker there is, ${nodeId}`;
}
