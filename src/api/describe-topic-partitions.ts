import { topicNameProblem } from "../cluster/topic-name.ts";
import type { Topic } from "../cluster/topic-types.ts";
import type { ApiKey } from "../protocol/api-keys.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { RequestOf, ResponseInputOf } from "../protocol/messages.ts";
import { ZERO_UUID } from "../protocol/text.ts";
import { ALL_TOPIC_OPERATIONS } from "./authorized-operations.ts";
import { type Reply, type RequestContext, reply } from "./request-context.ts";
import { isInternalTopic, placePartition } from "./topic-partitions.ts";

type Request = RequestOf<typeof ApiKey.DESCRIBE_TOPIC_PARTITIONS>;
type Body = ResponseInputOf<typeof ApiKey.DESCRIBE_TOPIC_PARTITIONS>;
type TopicAnswer = Body["topics"][number];
type Cursor = NonNullable<Body["nextCursor"]>;

/** Partitions in one response, whatever the client asks for. Kafka's `max.request.partition.size.limit`. */
export const DESCRIBED_PARTITIONS_MAX = 2000;

/** Topics in the order of their names, a page at a time; the cursor is where the next page starts. */
export function describeTopicPartitions(request: Request, context: RequestContext): Reply<Body> {
  const { cursor } = request;
  const names = wantedNames(request, context).filter((name) => cursor === null || name >= cursor.topicName);
  let room = Math.max(1, Math.min(request.responsePartitionLimit, DESCRIBED_PARTITIONS_MAX));
  const topics: TopicAnswer[] = [];
  for (const topicName of names) {
    if (room === 0) return page(topics, { topicName, partitionIndex: 0 });
    const topic = context.services.topics.byName(topicName);
    if (topic === undefined || !mayDescribe(topicName, context)) {
      topics.push(missing(topicName, context));
      continue;
    }
    const first = cursor?.topicName === topicName ? Math.max(0, cursor.partitionIndex) : 0;
    const described = describe(topic, first, room, context);
    topics.push(described);
    room -= described.partitions.length;
    const next = first + described.partitions.length;
    if (next < topic.partitions.length) return page(topics, { topicName, partitionIndex: next });
  }
  return page(topics, null);
}

function wantedNames(request: Request, context: RequestContext): string[] {
  if (request.topics.length > 0) return [...new Set(request.topics.map(({ name }) => name))].sort();
  const all = [...context.services.topics.all()].map(({ name }) => name);
  return all.filter((name) => mayDescribe(name, context)).sort();
}

function describe(topic: Topic, first: number, room: number, { services }: RequestContext): TopicAnswer {
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic),
    partitions: topic.partitions.slice(first, first + room).map((partition) => ({
      ...placePartition(partition, services.config.nodeId),
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
    })),
    topicAuthorizedOperations: ALL_TOPIC_OPERATIONS,
  };
}

function missing(name: string, context: RequestContext): TopicAnswer {
  return { errorCode: whyMissing(name, context), name, topicId: ZERO_UUID, partitions: [] };
}

function whyMissing(name: string, context: RequestContext): ErrorCode {
  if (!mayDescribe(name, context)) return ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  return topicNameProblem(name) === null
    ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    : ErrorCode.INVALID_TOPIC_EXCEPTION;
}

function page(topics: TopicAnswer[], nextCursor: Cursor | null): Reply<Body> {
  return reply({ topics, nextCursor });
}

function mayDescribe(topicName: string, { services, peer }: RequestContext): boolean {
  return services.authorizer(peer, "describe", "topic", topicName);
}
