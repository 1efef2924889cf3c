import type { ApiKey } from "../protocol/api-keys.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { RequestOf, ResponseInputOf } from "../protocol/messages.ts";
import type { PartitionHandle, PartitionRouter, TimestampResult } from "../router/types.ts";
import { isFollower, partitionError } from "./partition-errors.ts";
import { type Reply, type RequestContext, reply } from "./request-context.ts";

type Request = RequestOf<typeof ApiKey.LIST_OFFSETS>;
type Wanted = Request["topics"][number]["partitions"][number];
type Body = ResponseInputOf<typeof ApiKey.LIST_OFFSETS>;
type Answer = Body["topics"][number]["partitions"][number];

/** Timestamps with a meaning of their own, and the version since which each may be asked for. */
const LATEST = -1;
const EARLIEST = -2;
const MAX_TIMESTAMP = -3;
const EARLIEST_LOCAL = -4;
const LATEST_TIERED = -5;
const EARLIEST_PENDING_UPLOAD = -6;
const SINCE_VERSION = new Map([
  [LATEST, 1],
  [EARLIEST, 1],
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9],
  [EARLIEST_PENDING_UPLOAD, 11],
]);

const READ_COMMITTED = 1;

/** Offsets by timestamp. The special ones are answered from published state; only real look-ups go to a worker. */
export async function listOffsets(request: Request, context: RequestContext): Promise<Reply<Body>> {
  const seen = new Map<string, number>();
  for (const topic of request.topics) {
    for (const { partitionIndex } of topic.partitions) {
      const key = `${topic.name}/${partitionIndex}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
  }
  const topics = await Promise.all(
    request.topics.map(async ({ name, partitions }) => ({
      name,
      partitions: await Promise.all(
        partitions.map((wanted) =>
          seen.get(`${name}/${wanted.partitionIndex}`) === 1
            ? listPartition(request, name, wanted, context)
            : failed(wanted, ErrorCode.INVALID_REQUEST),
        ),
      ),
    })),
  );
  return reply({ topics });
}

async function listPartition(
  request: Request,
  topicName: string,
  wanted: Wanted,
  context: RequestContext,
): Promise<Answer> {
  const { services, peer, apiVersion } = context;
  if (!services.authorizer(peer, "describe", "topic", topicName)) {
    return failed(wanted, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  }
  if (isFollower(request.replicaId)) return failed(wanted, ErrorCode.INVALID_REQUEST);
  if (
    wanted.timestamp < 0 &&
    apiVersion < (SINCE_VERSION.get(wanted.timestamp) ?? Number.POSITIVE_INFINITY)
  ) {
    return failed(wanted, ErrorCode.UNSUPPORTED_VERSION);
  }
  const handle = services.topics.byName(topicName)?.partitions[wanted.partitionIndex];
  if (handle === undefined) return failed(wanted, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const state = handle.state.read();
  const stateError = partitionError(state, wanted.currentLeaderEpoch);
  if (stateError !== ErrorCode.NONE) return failed(wanted, stateError);

  const readableEnd =
    request.isolationLevel === READ_COMMITTED ? state.lastStableOffset : state.highWatermark;
  switch (wanted.timestamp) {
    case LATEST:
      return found(wanted, readableEnd, -1, apiVersion, state.leaderEpoch);
    case EARLIEST:
    case EARLIEST_LOCAL:
      // The oldest batch's epoch is in its file. It is known without reading as long as there was only one.
      return found(wanted, state.logStartOffset, -1, apiVersion, state.leaderEpoch === 0 ? 0 : -1);
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      return found(wanted, -1, -1, apiVersion, -1); // Nothing is ever moved to another tier.
    default: {
      const result = await lookUp(services.router, handle, wanted.timestamp);
      if (result.errorCode !== ErrorCode.NONE) return failed(wanted, result.errorCode);
      // A record that a crash could still take back has not been written, as far as clients know.
      const isReadable = result.offset >= 0 && result.offset < readableEnd;
      if (!isReadable) return found(wanted, -1, -1, apiVersion, -1);
      return found(wanted, result.offset, result.timestampMs, apiVersion, result.leaderEpoch);
    }
  }
}

function lookUp(
  router: PartitionRouter,
  handle: PartitionHandle,
  timestamp: number,
): Promise<TimestampResult> {
  if (timestamp === MAX_TIMESTAMP) return router.offsetOfMaxTimestamp(handle);
  return router.offsetForTimestamp(handle, timestamp);
}

/** The first version whose response has a leader epoch. */
const HAS_LEADER_EPOCH = 4;

function found(
  wanted: Wanted,
  offset: number,
  timestamp: number,
  apiVersion: number,
  leaderEpoch: number,
): Answer {
  const { partitionIndex } = wanted;
  const answer = { partitionIndex, errorCode: ErrorCode.NONE, timestamp, offset };
  return apiVersion < HAS_LEADER_EPOCH ? answer : { ...answer, leaderEpoch };
}

function failed(wanted: Wanted, errorCode: ErrorCode): Answer {
  return { partitionIndex: wanted.partitionIndex, errorCode };
}
