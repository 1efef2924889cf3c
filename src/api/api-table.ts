import { ApiKey } from "../protocol/api-keys.ts";
import type { KnownApi } from "../protocol/messages.ts";
import { apiVersions } from "./api-versions.ts";
import { createTopics } from "./create-topics.ts";
import { deleteTopics } from "./delete-topics.ts";
import { describeCluster } from "./describe-cluster.ts";
import { describeConfigs } from "./describe-configs.ts";
import { describeTopicPartitions } from "./describe-topic-partitions.ts";
import { fetch } from "./fetch.ts";
import { initProducerId } from "./init-producer-id.ts";
import { listOffsets } from "./list-offsets.ts";
import { metadata } from "./metadata.ts";
import { offsetForLeaderEpoch } from "./offset-for-leader-epoch.ts";
import { produce } from "./produce.ts";
import type { Handler } from "./request-context.ts";

/** One API that is served, in versions `min` to `max`. */
export interface ServedApi<Key extends KnownApi = KnownApi> {
  readonly key: Key;
  readonly min: number;
  readonly max: number;
  /** What ApiVersions says instead of `min`, where a client needs to be told otherwise. */
  readonly advertisedMin: number;
  readonly handle: Handler<Key>;
}

/** All that this broker serves: requests are dispatched by this list, and ApiVersions is answered from it. */
export const apiTable: readonly ServedApi[] = [
  // librdkafka switches compression off where Produce does not start at 0 (KAFKA-18659).
  serve(ApiKey.PRODUCE, 3, 13, produce, { advertisedMin: 0 }),
  serve(ApiKey.FETCH, 4, 18, fetch),
  serve(ApiKey.LIST_OFFSETS, 1, 11, listOffsets),
  serve(ApiKey.METADATA, 0, 13, metadata),
  serve(ApiKey.API_VERSIONS, 0, 4, (request, context) => apiVersions(request, context, advertisedApis)),
  serve(ApiKey.CREATE_TOPICS, 2, 7, createTopics),
  serve(ApiKey.DELETE_TOPICS, 1, 6, deleteTopics),
  serve(ApiKey.INIT_PRODUCER_ID, 0, 5, initProducerId),
  serve(ApiKey.OFFSET_FOR_LEADER_EPOCH, 2, 4, offsetForLeaderEpoch),
  serve(ApiKey.DESCRIBE_CONFIGS, 1, 4, describeConfigs),
  serve(ApiKey.DESCRIBE_CLUSTER, 0, 2, describeCluster),
  serve(ApiKey.DESCRIBE_TOPIC_PARTITIONS, 0, 0, describeTopicPartitions),
];

/** The table as ApiVersions tells it. */
export const advertisedApis = apiTable.map(({ key, advertisedMin, max }) => ({
  apiKey: key,
  minVersion: advertisedMin,
  maxVersion: max,
}));

const byKey = new Map<number, ServedApi>(apiTable.map((api) => [api.key, api]));

/** The entry for a request that came from outside; `undefined` where key or version is not served. */
export function servedApi(apiKey: number, apiVersion: number): ServedApi | undefined {
  const api = byKey.get(apiKey);
  return api !== undefined && apiVersion >= api.min && apiVersion <= api.max ? api : undefined;
}

function serve<Key extends KnownApi>(
  key: Key,
  min: number,
  max: number,
  handle: Handler<Key>,
  { advertisedMin = min } = {},
): ServedApi {
  // The table holds handlers of different messages; dispatch gives each what its own key decodes to.
  return { key, min, max, advertisedMin, handle: handle as Handler<KnownApi> };
}
