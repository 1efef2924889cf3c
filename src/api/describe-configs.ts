import { topicNameProblem } from "../cluster/topic-name.ts";
import {
  type ConfigDescription,
  describeBrokerConfig,
  describeTopicConfig,
} from "../config/describe-config.ts";
import type { ApiKey } from "../protocol/api-keys.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { RequestOf, ResponseInputOf } from "../protocol/messages.ts";
import { CLUSTER_NAME } from "./authorizer.ts";
import { type Reply, type RequestContext, reply } from "./request-context.ts";

type Request = RequestOf<typeof ApiKey.DESCRIBE_CONFIGS>;
type Wanted = Request["resources"][number];
type Body = ResponseInputOf<typeof ApiKey.DESCRIBE_CONFIGS>;
type Result = Body["results"][number];

/** Resource types that have a configuration here. Source: `ConfigResource.java`. */
const TOPIC = 2;
const BROKER = 4;

/** The configuration of topics and of this broker, each value with where it comes from. */
export function describeConfigs(request: Request, context: RequestContext): Reply<Body> {
  // Each resource once, however often it is named: an answer is far larger than its question.
  const results = new Map<string, Result>();
  for (const wanted of request.resources) {
    const key = `${wanted.resourceType} ${wanted.resourceName}`;
    if (!results.has(key)) results.set(key, describeResource(wanted, request, context));
  }
  return reply({ throttleTimeMs: 0, results: [...results.values()] });
}

function describeResource(wanted: Wanted, request: Request, context: RequestContext): Result {
  switch (wanted.resourceType) {
    case TOPIC:
      return describeTopic(wanted, request, context);
    case BROKER:
      return describeBroker(wanted, request, context);
    default:
      return failed(
        wanted,
        ErrorCode.INVALID_REQUEST,
        `resources of type ${wanted.resourceType} have no configuration here: topics (2) and brokers (4) do`,
      );
  }
}

function describeTopic(wanted: Wanted, request: Request, { services, peer }: RequestContext): Result {
  const name = wanted.resourceName;
  if (!services.authorizer(peer, "describe-configs", "topic", name)) {
    return failed(wanted, ErrorCode.TOPIC_AUTHORIZATION_FAILED, null);
  }
  const topic = services.topics.byName(name);
  if (topic !== undefined) {
    return described(wanted, request, describeTopicConfig(services.config, topic.overrides));
  }
  const problem = topicNameProblem(name);
  if (problem !== null) return failed(wanted, ErrorCode.INVALID_TOPIC_EXCEPTION, problem);
  return failed(wanted, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "there is no topic of this name");
}

/** An empty name asks for what all brokers have in common and may be changed while they run: here, nothing. */
function describeBroker(wanted: Wanted, request: Request, { services, peer }: RequestContext): Result {
  const { config, authorizer } = services;
  if (!authorizer(peer, "describe-configs", "cluster", CLUSTER_NAME)) {
    return failed(wanted, ErrorCode.CLUSTER_AUTHORIZATION_FAILED, null);
  }
  if (wanted.resourceName === "") return described(wanted, request, []);
  if (wanted.resourceName !== String(config.nodeId)) {
    return failed(
      wanted,
      ErrorCode.INVALID_REQUEST,
      `this is broker ${config.nodeId}: ask it for its own name`,
    );
  }
  return described(wanted, request, describeBrokerConfig(config));
}

function described(wanted: Wanted, request: Request, all: readonly ConfigDescription[]): Result {
  const { resourceType, resourceName, configurationKeys } = wanted;
  const chosen =
    configurationKeys === null ? all : all.filter(({ name }) => configurationKeys.includes(name));
  return {
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    resourceType,
    resourceName,
    configs: chosen.map((setting) => ({
      name: setting.name,
      value: setting.sensitive ? null : setting.value,
      readOnly: setting.readOnly,
      configSource: setting.source,
      isSensitive: setting.sensitive,
      synonyms: request.includeSynonyms && !setting.sensitive ? setting.synonyms : [],
      configType: setting.type,
      documentation: request.includeDocumentation ? setting.documentation : null,
    })),
  };
}

function failed(
  { resourceType, resourceName }: Wanted,
  errorCode: ErrorCode,
  errorMessage: string | null,
): Result {
  return { errorCode, errorMessage, resourceType, resourceName, configs: [] };
}
