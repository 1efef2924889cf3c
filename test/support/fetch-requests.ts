import { ApiKey } from "../../src/protocol/api-keys.ts";
import type { RequestInputOf } from "../../src/protocol/messages.ts";
import type { ApiHarness } from "./api-harness.ts";
import type { FakeTopic } from "./fake-topics.ts";

export type FetchRequest = RequestInputOf<typeof ApiKey.FETCH>;

/** All that are served. */
export const FETCH_VERSIONS = Array.from({ length: 15 }, (_, index) => index + 4);

export interface Wanted {
  readonly partition: number;
  readonly fetchOffset?: number;
  readonly partitionMaxBytes?: number;
  readonly currentLeaderEpoch?: number;
  readonly lastFetchedEpoch?: number;
}

/** A request that does not wait, for partitions of one topic. */
export function fetchRequest(
  topic: Pick<FakeTopic, "name" | "id">,
  wanted: readonly Wanted[],
  rest: Partial<FetchRequest> = {},
): FetchRequest {
  const partitions = wanted.map((partition) => ({
    fetchOffset: 0,
    partitionMaxBytes: 1 << 20,
    ...partition,
  }));
  const topics = partitions.length === 0 ? [] : [{ topic: topic.name, topicId: topic.id, partitions }];
  return { maxWaitMs: 0, minBytes: 1, maxBytes: 50 << 20, topics, ...rest };
}

/** The response, with the partitions of all topics in one list. */
export async function fetchParts(api: ApiHarness, version: number, request: FetchRequest) {
  const { responses, ...rest } = await api.call(ApiKey.FETCH, version, request);
  return { ...rest, partitions: responses.flatMap(({ partitions }) => partitions) };
}

/** The answer for the first partition. */
export async function fetchOne(api: ApiHarness, version: number, request: FetchRequest) {
  return (await fetchParts(api, version, request)).partitions[0]!;
}

/** Waits until `condition` holds, a turn of the event loop at a time. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
