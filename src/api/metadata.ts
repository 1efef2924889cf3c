import { topicNameProblem } from "../cluster/topic-name.ts";
import type { Topic } from "../cluster/topic-types.ts";
import type { ApiKey } from "../protocol/api-keys.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { RequestOf, ResponseInputOf } from "../protocol/messages.ts";
import { ZERO_UUID } from "../protocol/text.ts";
import { ALL_CLUSTER_OPERATIONS, ALL_TOPIC_OPERATIONS } from "./authorized-operations.ts";
import { CLUSTER_NAME } from "./authorizer.ts";
import { brokerAddress } from "./broker-address.ts";
import { type Reply, type RequestContext, reply } from "./request-context.ts";
import { isInternalTopic, placePartition } from "./topic-partitions.ts";

type Request = RequestOf<typeof ApiKey.METADATA>;
type WantedTopic = NonNullable<Request["topics"]>[number];
type Body = ResponseInputOf<typeof ApiKey.METADATA>;
type TopicAnswer = Body["topics"][number];

/** The first version that may ask by topic id; the field is older than its meaning. */
const ASKS_BY_TOPIC_ID = 12;

/** Names the broker, and topics with their partitions; creates topics that clients ask for by name. */
export async function metadata(request: Request, context: RequestContext): Promise<Reply<Body>> {
  const { config, clusterId } = context.services;
  return reply({
    brokers: [
      {
        nodeId: config.nodeId,
        ...brokerAddress(config.advertisedListeners, context.peer),
        rack: config.rack,
      },
    ],
    clusterId,
    controllerId: config.nodeId,
    topics: await wantedTopics(request, context),
    ...(request.includeClusterAuthorizedOperations && {
      clusterAuthorizedOperations: ALL_CLUSTER_OPERATIONS,
    }),
  });
}

async function wantedTopics(request: Request, context: RequestContext): Promise<readonly TopicAnswer[]> {
  const { topics } = request;
  // Version 0 cannot say "all" in another way than by naming none.
  if (topics === null || (context.apiVersion === 0 && topics.length === 0))
    return allTopics(request, context);
  const answers = new Map<string, TopicAnswer>();
  for (const wanted of topics) {
    const key = wanted.name ?? `#${wanted.topicId}`;
    // One after the other: a request that names many unknown topics creates them in turn.
    if (!answers.has(key)) answers.set(key, await oneTopic(wanted, request, context));
  }
  return [...answers.values()];
}

function allTopics(request: Request, context: RequestContext): TopicAnswer[] {
  const answers: TopicAnswer[] = [];
  for (const topic of context.services.topics.all()) {
    if (mayDescribe(topic.name, context)) answers.push(describe(topic, request, context));
  }
  return answers;
}

function oneTopic(
  wanted: WantedTopic,
  request: Request,
  context: RequestContext,
): TopicAnswer | Promise<TopicAnswer> {
  const { topics } = context.services;
  if (wanted.name === null) return topicById(wanted.topicId, request, context);
  if (!mayDescribe(wanted.name, context)) {
    return failed(wanted.name, ZERO_UUID, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  }
  const topic = topics.byName(wanted.name);
  if (topic !== undefined) return describe(topic, request, context);
  if (topicNameProblem(wanted.name) !== null)
    return failed(wanted.name, ZERO_UUID, ErrorCode.INVALID_TOPIC_EXCEPTION);
  if (!request.allowAutoTopicCreation || !context.services.config.autoCreateTopicsEnable) {
    return failed(wanted.name, ZERO_UUID, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  }
  return create(wanted.name, context);
}

function topicById(topicId: string, request: Request, context: RequestContext): TopicAnswer {
  if (context.apiVersion < ASKS_BY_TOPIC_ID) return failed("", ZERO_UUID, ErrorCode.INVALID_REQUEST);
  const topic = context.services.topics.byId(topicId);
  // A client that may not see the topic is not told whether its id exists either.
  const isVisible = topic !== undefined && mayDescribe(topic.name, context);
  return isVisible ? describe(topic, request, context) : failed(null, topicId, ErrorCode.UNKNOWN_TOPIC_ID);
}

/**
 * Creates the topic and then says, as Kafka does, "ask again": the second request finds it. A creation that is refused
 * is told by its own error instead of leaving the client to ask for ever.
 */
async function create(name: string, { services, peer }: RequestContext): Promise<TopicAnswer> {
  const mayCreate =
    services.authorizer(peer, "create", "cluster", CLUSTER_NAME) ||
    services.authorizer(peer, "create", "topic", name);
  if (!mayCreate) return failed(name, ZERO_UUID, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  const { errorCode } = await services.topics.create({
    name,
    partitionCount: -1,
    replicationFactor: -1,
    assignments: [],
    config: {},
    validateOnly: false,
  });
  const isThere = errorCode === ErrorCode.NONE || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS;
  return failed(name, ZERO_UUID, isThere ? ErrorCode.LEADER_NOT_AVAILABLE : errorCode);
}

function describe(topic: Topic, request: Request, { services }: RequestContext): TopicAnswer {
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic),
    partitions: topic.partitions.map((partition) => placePartition(partition, services.config.nodeId)),
    ...(request.includeTopicAuthorizedOperations && { topicAuthorizedOperations: ALL_TOPIC_OPERATIONS }),
  };
}

function failed(name: string | null, topicId: string, errorCode: ErrorCode): TopicAnswer {
  return { errorCode, name, topicId, partitions: [] };
}

function mayDescribe(topicName: string, { services, peer }: RequestContext): boolean {
  return services.authorizer(peer, "describe", "topic", topicName);
}
