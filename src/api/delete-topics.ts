import type { ApiKey } from "../protocol/api-keys.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { RequestOf, ResponseInputOf } from "../protocol/messages.ts";
import { ZERO_UUID } from "../protocol/text.ts";
import { type Reply, type RequestContext, reply } from "./request-context.ts";

type Request = RequestOf<typeof ApiKey.DELETE_TOPICS>;
type Body = ResponseInputOf<typeof ApiKey.DELETE_TOPICS>;
type Answer = Body["responses"][number];

interface Target {
  readonly name: string | null;
  readonly topicId: string;
}

/** The first version with a list that may name topics by id. */
const BY_NAME_OR_ID = 6;
/** The first version that knows TOPIC_DELETION_DISABLED. */
const KNOWS_DELETION_DISABLED = 3;

/** Deletes topics one after the other. A deleted topic is gone for clients at once; its files go in the background. */
export async function deleteTopics(request: Request, context: RequestContext): Promise<Reply<Body>> {
  const targets: readonly Target[] =
    context.apiVersion >= BY_NAME_OR_ID
      ? request.topics
      : request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }));
  const byKey = new Map<string, { target: Target; isTwice: boolean }>();
  for (const target of targets) byKey.set(keyOf(target), { target, isTwice: byKey.has(keyOf(target)) });

  const responses: Answer[] = [];
  for (const { target, isTwice } of byKey.values()) {
    const answer = isTwice
      ? failed(target, ErrorCode.INVALID_REQUEST, "the request names this topic twice")
      : await deleteTopic(target, context);
    responses.push(answer);
  }
  return reply({ responses });
}

async function deleteTopic(target: Target, { services, peer, apiVersion }: RequestContext): Promise<Answer> {
  const { topics, config, authorizer } = services;
  if (!config.deleteTopicEnable) {
    const knowsCode = apiVersion >= KNOWS_DELETION_DISABLED;
    const errorCode = knowsCode ? ErrorCode.TOPIC_DELETION_DISABLED : ErrorCode.INVALID_REQUEST;
    return failed(target, errorCode, "topics cannot be deleted: set delete.topic.enable=true to allow it");
  }
  if ((target.name === null) === (target.topicId === ZERO_UUID)) {
    return failed(target, ErrorCode.INVALID_REQUEST, "a topic is named either by its name or by its id");
  }
  const topic = target.name === null ? topics.byId(target.topicId) : topics.byName(target.name);
  const name = topic?.name ?? target.name;
  if (name !== null && !authorizer(peer, "delete", "topic", name)) {
    return failed(target, ErrorCode.TOPIC_AUTHORIZATION_FAILED, "not authorized to delete this topic");
  }
  if (topic === undefined) {
    const isById = target.name === null;
    return isById
      ? failed(target, ErrorCode.UNKNOWN_TOPIC_ID, "there is no topic of this id")
      : failed(target, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `there is no topic '${target.name}'`);
  }
  const { errorCode, message } = await topics.delete({ id: topic.id });
  return { name: topic.name, topicId: topic.id, errorCode, errorMessage: message };
}

function failed({ name, topicId }: Target, errorCode: ErrorCode, errorMessage: string | null): Answer {
  return { name, topicId, errorCode, errorMessage };
}

function keyOf({ name, topicId }: Target): string {
  return name === null ? `id ${topicId}` : `name ${name}`;
}
