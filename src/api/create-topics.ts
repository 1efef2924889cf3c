import type { Topic } from "../cluster/topic-types.ts";
import { describeTopicConfig } from "../config/describe-config.ts";
import type { ApiKey } from "../protocol/api-keys.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { RequestOf, ResponseInputOf } from "../protocol/messages.ts";
import { ZERO_UUID } from "../protocol/text.ts";
import { CLUSTER_NAME } from "./authorizer.ts";
import { type Reply, type RequestContext, reply } from "./request-context.ts";

type Request = RequestOf<typeof ApiKey.CREATE_TOPICS>;
type WantedTopic = Request["topics"][number];
type Body = ResponseInputOf<typeof ApiKey.CREATE_TOPICS>;
type Answer = Body["topics"][number];

/** Creates topics one after the other; each answers for itself, and only after it is durable. */
export async function createTopics(request: Request, context: RequestContext): Promise<Reply<Body>> {
  const byName = new Map<string, WantedTopic | "twice">();
  for (const topic of request.topics) byName.set(topic.name, byName.has(topic.name) ? "twice" : topic);

  const topics: Answer[] = [];
  for (const [name, wanted] of byName) {
    const answer =
      wanted === "twice"
        ? failed(name, ErrorCode.INVALID_REQUEST, "the request names this topic twice")
        : await createTopic(wanted, request.validateOnly, context);
    topics.push(answer);
  }
  return reply({ topics });
}

async function createTopic(
  wanted: WantedTopic,
  validateOnly: boolean,
  context: RequestContext,
): Promise<Answer> {
  const { name } = wanted;
  if (!mayCreate(name, context)) {
    return failed(name, ErrorCode.TOPIC_AUTHORIZATION_FAILED, "not authorized to create this topic");
  }
  // Without a prototype: a setting of the name `__proto__` would vanish in it instead of being refused.
  const config: Record<string, string> = Object.create(null);
  for (const { name: setting, value } of wanted.configs) {
    if (value === null) return failed(name, ErrorCode.INVALID_CONFIG, `${setting} has no value`);
    config[setting] = value;
  }
  const { errorCode, message, topic } = await context.services.topics.create({
    name,
    partitionCount: wanted.numPartitions,
    replicationFactor: wanted.replicationFactor,
    assignments: wanted.assignments.map(({ partitionIndex, brokerIds }) => ({
      partition: partitionIndex,
      brokerIds,
    })),
    config,
    validateOnly,
  });
  if (errorCode !== ErrorCode.NONE) return failed(name, errorCode, message);
  return {
    name,
    errorCode,
    errorMessage: null,
    ...(topic !== null && created(topic, wanted, validateOnly, context)),
  };
}

function created(
  topic: Topic,
  wanted: WantedTopic,
  validateOnly: boolean,
  { services }: RequestContext,
): Partial<Answer> {
  const { config } = services;
  return {
    topicId: validateOnly ? ZERO_UUID : topic.id,
    numPartitions: validateOnly ? plannedPartitions(wanted, config.numPartitions) : topic.partitions.length,
    replicationFactor: 1,
    configs: describeTopicConfig(config, topic.overrides).map((setting) => ({
      name: setting.name,
      value: setting.sensitive ? null : setting.value,
      readOnly: setting.readOnly,
      configSource: setting.source,
      isSensitive: setting.sensitive,
    })),
  };
}

/** What a creation that was only validated would have made. */
function plannedPartitions({ numPartitions, assignments }: WantedTopic, byDefault: number): number {
  if (assignments.length > 0) return assignments.length;
  return numPartitions === -1 ? byDefault : numPartitions;
}

function failed(name: string, errorCode: ErrorCode, errorMessage: string | null): Answer {
  return { name, errorCode, errorMessage };
}

function mayCreate(topicName: string, { services, peer }: RequestContext): boolean {
  const { authorizer } = services;
  return (
    authorizer(peer, "create", "cluster", CLUSTER_NAME) || authorizer(peer, "create", "topic", topicName)
  );
}
