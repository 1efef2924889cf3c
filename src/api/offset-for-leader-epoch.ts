import type { ApiKey } from "../protocol/api-keys.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { RequestOf, ResponseInputOf } from "../protocol/messages.ts";
import { isFollower, partitionError } from "./partition-errors.ts";
import { type Reply, type RequestContext, reply } from "./request-context.ts";

type Request = RequestOf<typeof ApiKey.OFFSET_FOR_LEADER_EPOCH>;
type Wanted = Request["topics"][number]["partitions"][number];
type Body = ResponseInputOf<typeof ApiKey.OFFSET_FOR_LEADER_EPOCH>;
type Answer = Body["topics"][number]["partitions"][number];

/** Where a leader epoch ended, so that a consumer can find out whether its position was cut off (KIP-320). */
export async function offsetForLeaderEpoch(request: Request, context: RequestContext): Promise<Reply<Body>> {
  const topics = await Promise.all(
    request.topics.map(async ({ topic, partitions }) => ({
      topic,
      partitions: await Promise.all(partitions.map((wanted) => endOfEpoch(request, topic, wanted, context))),
    })),
  );
  return reply({ topics });
}

async function endOfEpoch(
  request: Request,
  topicName: string,
  wanted: Wanted,
  { services, peer }: RequestContext,
): Promise<Answer> {
  const { partition } = wanted;
  if (!services.authorizer(peer, "describe", "topic", topicName)) {
    return { partition, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED };
  }
  if (isFollower(request.replicaId)) return { partition, errorCode: ErrorCode.INVALID_REQUEST };
  const handle = services.topics.byName(topicName)?.partitions[partition];
  if (handle === undefined) return { partition, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
  const stateError = partitionError(handle.state.read(), wanted.currentLeaderEpoch);
  if (stateError !== ErrorCode.NONE) return { partition, errorCode: stateError };

  const { errorCode, leaderEpoch, endOffset } = await services.router.endOffsetForEpoch(
    handle,
    wanted.leaderEpoch,
  );
  if (errorCode !== ErrorCode.NONE) return { partition, errorCode };
  return { partition, errorCode, leaderEpoch, endOffset };
}
