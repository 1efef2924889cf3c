import type { ApiKey } from "../../protocol/api-keys.ts";
import { ErrorCode } from "../../protocol/error-codes.ts";
import type { ResponseInputOf } from "../../protocol/messages.ts";
import { asksForLeader, currentLeader, leaderEndpoints } from "../current-leader.ts";
import type { AnswerContext } from "../request-context.ts";
import type { FetchPartition } from "./fetch-partition.ts";
import type { PartitionFetch } from "./partition-fetch.ts";

export type FetchBody = ResponseInputOf<typeof ApiKey.FETCH>;
type TopicAnswer = FetchBody["responses"][number];
type PartitionAnswer = TopicAnswer["partitions"][number];

/** The first version that names the current leader beside an error. */
const NAMES_LEADER = 16;
const NO_RECORDS = new Uint8Array(0);

/** Partitions in the order in which they were read; neighbours of one topic share its entry. */
export function groupByTopic<Item>(
  items: readonly Item[],
  wantedOf: (item: Item) => FetchPartition,
  answerOf: (item: Item) => PartitionAnswer,
): TopicAnswer[] {
  const responses: { topic?: string; topicId?: string; partitions: PartitionAnswer[] }[] = [];
  let previous: string | null = null;
  for (const item of items) {
    const { topic, isTopicId } = wantedOf(item);
    if (topic !== previous) responses.push({ [isTopicId ? "topicId" : "topic"]: topic, partitions: [] });
    responses.at(-1)!.partitions.push(answerOf(item));
    previous = topic;
  }
  return responses;
}

/** The answer to a fetch that was carried out. */
export function fetchResponse(
  fetches: readonly PartitionFetch[],
  sessionId: number,
  isReadCommitted: boolean,
  context: AnswerContext,
): FetchBody {
  const responses = groupByTopic(
    fetches,
    ({ wanted }) => wanted,
    (fetch) => partitionAnswer(fetch, isReadCommitted, context),
  );
  const namesLeader =
    context.apiVersion >= NAMES_LEADER && fetches.some(({ errorCode }) => asksForLeader(errorCode));
  const body = { errorCode: ErrorCode.NONE, sessionId, responses };
  return namesLeader ? { ...body, nodeEndpoints: leaderEndpoints(context) } : body;
}

function partitionAnswer(
  fetch: PartitionFetch,
  isReadCommitted: boolean,
  context: AnswerContext,
): PartitionAnswer {
  const { wanted, errorCode, state, span, handle, divergingEpoch } = fetch;
  if (errorCode !== ErrorCode.NONE || state === null) {
    const failed = failedPartition(wanted, errorCode);
    const namesLeader = context.apiVersion >= NAMES_LEADER && handle !== null && asksForLeader(errorCode);
    return namesLeader
      ? { ...failed, currentLeader: currentLeader(handle, context.services.config.nodeId) }
      : failed;
  }
  const answer = {
    partitionIndex: wanted.partition,
    errorCode,
    highWatermark: state.highWatermark,
    lastStableOffset: state.lastStableOffset,
    logStartOffset: state.logStartOffset,
    // Without transactions none is ever aborted. `null` says that the client did not ask.
    abortedTransactions: isReadCommitted ? [] : null,
    records: span ?? NO_RECORDS,
  };
  return divergingEpoch === null ? answer : { ...answer, divergingEpoch };
}

export function failedPartition({ partition }: FetchPartition, errorCode: ErrorCode): PartitionAnswer {
  return {
    partitionIndex: partition,
    errorCode,
    highWatermark: -1,
    abortedTransactions: null,
    records: NO_RECORDS,
  };
}
