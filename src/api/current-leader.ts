import { PARTITION_STATUS } from "../io/partition-state.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { PartitionHandle } from "../router/types.ts";
import { brokerAddress } from "./broker-address.ts";
import type { AnswerContext } from "./request-context.ts";

/**
 * Helps a client with stale metadata on (KIP-951): who leads the partition, as far as is known. On one node that is
 * this node; its epoch is not known before the partition is open. Pure.
 */
export function currentLeader(
  { state }: PartitionHandle,
  nodeId: number,
): { readonly leaderId: number; readonly leaderEpoch: number } {
  const isOpening = state.status() === PARTITION_STATUS.OPENING;
  return { leaderId: nodeId, leaderEpoch: isOpening ? -1 : state.leaderEpoch() };
}

/** Errors that mean "ask the leader": answers with them name it. */
export function asksForLeader(errorCode: ErrorCode): boolean {
  return errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER || errorCode === ErrorCode.FENCED_LEADER_EPOCH;
}

/** The address of every leader that an answer names: of this node. */
export function leaderEndpoints({ services, peer }: AnswerContext): {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}[] {
  const { nodeId, rack, advertisedListeners } = services.config;
  return [{ nodeId, ...brokerAddress(advertisedListeners, peer), rack }];
}
