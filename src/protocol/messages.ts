import { ApiKey } from "./api-keys.ts";
import type { InputOf, MessageOf, MessageSchema } from "./schema.ts";
import { apiVersionsRequest, apiVersionsResponse } from "./schemas/api-versions.ts";
import { createTopicsRequest, createTopicsResponse } from "./schemas/create-topics.ts";
import { deleteTopicsRequest, deleteTopicsResponse } from "./schemas/delete-topics.ts";
import { describeClusterRequest, describeClusterResponse } from "./schemas/describe-cluster.ts";
import { describeConfigsRequest, describeConfigsResponse } from "./schemas/describe-configs.ts";
import {
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
} from "./schemas/describe-topic-partitions.ts";
import { fetchRequest, fetchResponse } from "./schemas/fetch.ts";
import { initProducerIdRequest, initProducerIdResponse } from "./schemas/init-producer-id.ts";
import { listOffsetsRequest, listOffsetsResponse } from "./schemas/list-offsets.ts";
import { metadataRequest, metadataResponse } from "./schemas/metadata.ts";
import {
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse,
} from "./schemas/offset-for-leader-epoch.ts";
import { produceRequest, produceResponse } from "./schemas/produce.ts";

/** The messages of one API. */
export interface ApiMessages<
  Request extends MessageSchema = MessageSchema,
  Response extends MessageSchema = MessageSchema,
> {
  readonly request: Request;
  readonly response: Response;
  /** Versions that can be encoded and decoded, both ends included. */
  readonly versions: { readonly min: number; readonly max: number };
  /** The first version with compact lengths and tagged fields; beyond every version if there is none. */
  readonly flexibleFrom: number;
}

/** Every API whose messages Odradek can read and write. Which of them are served is the concern of `api/`. */
export const messages = {
  [ApiKey.PRODUCE]: api(produceRequest, produceResponse),
  [ApiKey.FETCH]: api(fetchRequest, fetchResponse),
  [ApiKey.LIST_OFFSETS]: api(listOffsetsRequest, listOffsetsResponse),
  [ApiKey.METADATA]: api(metadataRequest, metadataResponse),
  [ApiKey.API_VERSIONS]: api(apiVersionsRequest, apiVersionsResponse),
  [ApiKey.CREATE_TOPICS]: api(createTopicsRequest, createTopicsResponse),
  [ApiKey.DELETE_TOPICS]: api(deleteTopicsRequest, deleteTopicsResponse),
  [ApiKey.INIT_PRODUCER_ID]: api(initProducerIdRequest, initProducerIdResponse),
  [ApiKey.OFFSET_FOR_LEADER_EPOCH]: api(offsetForLeaderEpochRequest, offsetForLeaderEpochResponse),
  [ApiKey.DESCRIBE_CONFIGS]: api(describeConfigsRequest, describeConfigsResponse),
  [ApiKey.DESCRIBE_CLUSTER]: api(describeClusterRequest, describeClusterResponse),
  [ApiKey.DESCRIBE_TOPIC_PARTITIONS]: api(describeTopicPartitionsRequest, describeTopicPartitionsResponse),
};

/** The API keys of {@link messages}. */
export type KnownApi = keyof typeof messages;

export type RequestOf<Key extends KnownApi> = MessageOf<(typeof messages)[Key]["request"]>;
export type ResponseOf<Key extends KnownApi> = MessageOf<(typeof messages)[Key]["response"]>;
export type RequestInputOf<Key extends KnownApi> = InputOf<(typeof messages)[Key]["request"]>;
export type ResponseInputOf<Key extends KnownApi> = InputOf<(typeof messages)[Key]["response"]>;

/** The messages of an API key that came from outside, or `undefined`. */
export function messagesOf(apiKey: number): ApiMessages | undefined {
  return BY_KEY.get(apiKey);
}

const BY_KEY = new Map<number, ApiMessages>(
  Object.entries(messages).map(([key, value]) => [Number(key), value]),
);

function api<Request extends MessageSchema, Response extends MessageSchema>(
  request: Request,
  response: Response,
): ApiMessages<Request, Response> {
  return {
    request,
    response,
    versions: { min: request.versions.from, max: request.versions.to },
    flexibleFrom: request.flexible.from,
  };
}
