import type { ApiKey } from "../../protocol/api-keys.ts";
import type { RequestOf } from "../../protocol/messages.ts";

type Request = RequestOf<typeof ApiKey.FETCH>;

/** The first version that names topics by id only. */
const TOPIC_IDS_SINCE = 13;

/** What a client wants of one partition. Immutable: a session replaces it when the client wants something else. */
export interface FetchPartition {
  /** The topic's id if `isTopicId`, else its name. */
  readonly topic: string;
  readonly isTopicId: boolean;
  readonly partition: number;
  /** -1: the client does not say. */
  readonly currentLeaderEpoch: number;
  readonly fetchOffset: number;
  /** Epoch of the last record that the client has, -1: it does not say. */
  readonly lastFetchedEpoch: number;
  readonly bytesMax: number;
}

/** A partition that a client removes from its session. */
export type ForgottenPartition = Pick<FetchPartition, "topic" | "partition">;

/** Whether requests of this version name topics by id. */
export function usesTopicIds(apiVersion: number): boolean {
  return apiVersion >= TOPIC_IDS_SINCE;
}

/** The partitions that a request names, in its order. Pure. */
export function wantedPartitions(request: Request, apiVersion: number): FetchPartition[] {
  const isTopicId = usesTopicIds(apiVersion);
  const wanted: FetchPartition[] = [];
  for (const { topic, topicId, partitions } of request.topics) {
    for (const asked of partitions) {
      wanted.push({
        topic: isTopicId ? topicId : topic,
        isTopicId,
        partition: asked.partition,
        currentLeaderEpoch: asked.currentLeaderEpoch,
        fetchOffset: asked.fetchOffset,
        lastFetchedEpoch: asked.lastFetchedEpoch,
        bytesMax: Math.max(0, asked.partitionMaxBytes),
      });
    }
  }
  return wanted;
}

/** The partitions that a request takes out of its session. Pure. */
export function forgottenPartitions(request: Request, apiVersion: number): ForgottenPartition[] {
  const isTopicId = usesTopicIds(apiVersion);
  return request.forgottenTopicsData.flatMap(({ topic, topicId, partitions }) =>
    partitions.map((partition) => ({ topic: isTopicId ? topicId : topic, partition })),
  );
}
