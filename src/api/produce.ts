import { topicNameProblem } from "../cluster/topic-name.ts";
import type { Topic, Topics } from "../cluster/topic-types.ts";
import type { ApiKey } from "../protocol/api-keys.ts";
import { ErrorCode, errorName } from "../protocol/error-codes.ts";
import type { RequestOf, ResponseInputOf } from "../protocol/messages.ts";
import type { AppendResult, PartitionHandle } from "../router/types.ts";
import { asksForLeader, currentLeader, leaderEndpoints } from "./current-leader.ts";
import { statusError } from "./partition-errors.ts";
import { type Refusal, refuseBatch } from "./produce-validation.ts";
import { type Reply, type RequestContext, reply } from "./request-context.ts";

type Request = RequestOf<typeof ApiKey.PRODUCE>;
type TopicData = Request["topicData"][number];
type Body = ResponseInputOf<typeof ApiKey.PRODUCE>;
type PartitionAnswer = Body["responses"][number]["partitionResponses"][number];

const TOPIC_IDS_SINCE = 13;
/** The first version that names the current leader beside an error. */
const NAMES_LEADER = 10;

const ACKS_ALL = -1;
const ACKS_LEADER = 1;
const ACKS_NONE = 0;
/** Replicas of every partition that are in sync: this node's. */
const IN_SYNC_REPLICAS = 1;

/** One partition's batch on its way from question to answer. */
interface ProducedBatch {
  /** `null`: known by an id only, and by none that exists. */
  readonly topicName: string | null;
  readonly topic: Topic | null;
  readonly handle: PartitionHandle | null;
  readonly index: number;
  readonly records: Uint8Array | null;
  /** Set by the first step that finds something wrong; what is refused is not appended. */
  refusal: Refusal | null;
  appended: AppendResult | null;
}

/**
 * Appends batches. Everything up to and including the calls of `append` happens without yielding: requests that a
 * producer pipelines reach the log in their order.
 */
export async function produce(request: Request, context: RequestContext): Promise<Reply<Body> | null> {
  const batches = splitByPartition(request, context);
  authorize(batches, context);
  validate(batches, request.acks, context);
  await append(batches, request.acks, context);
  if (request.acks === ACKS_NONE) return answerNothing(batches);
  return reply(answer(request, batches, context));
}

function splitByPartition({ topicData }: Request, { services, apiVersion }: RequestContext): ProducedBatch[] {
  const batches: ProducedBatch[] = [];
  for (const data of topicData) {
    const topic = findTopic(data, services.topics, apiVersion);
    const topicName = topic?.name ?? (apiVersion < TOPIC_IDS_SINCE ? data.name : null);
    for (const { index, records } of data.partitionData) {
      const handle = topic?.partitions[index] ?? null;
      batches.push({ topicName, topic, handle, index, records, refusal: null, appended: null });
    }
  }
  return batches;
}

function findTopic({ name, topicId }: TopicData, topics: Topics, apiVersion: number): Topic | null {
  return (apiVersion < TOPIC_IDS_SINCE ? topics.byName(name) : topics.byId(topicId)) ?? null;
}

function authorize(batches: readonly ProducedBatch[], { services, peer }: RequestContext): void {
  for (const batch of batches) {
    const { topicName } = batch;
    if (topicName === null || services.authorizer(peer, "write", "topic", topicName)) continue;
    batch.refusal = refusal(ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  }
}

function validate(batches: readonly ProducedBatch[], acks: number, { apiVersion }: RequestContext): void {
  const hasValidAcks = acks === ACKS_ALL || acks === ACKS_LEADER || acks === ACKS_NONE;
  for (const batch of batches) {
    batch.refusal ??= hasValidAcks
      ? (refusePartition(batch, acks) ??
        refuseBatch(batch.records, apiVersion, batch.topic!.config.maxMessageBytes))
      : refusal(ErrorCode.INVALID_REQUIRED_ACKS);
  }
}

/** `null`: the partition is there and can take a batch. */
function refusePartition({ topicName, topic, handle }: ProducedBatch, acks: number): Refusal | null {
  if (topicName === null) return refusal(ErrorCode.UNKNOWN_TOPIC_ID);
  if (topic === null && topicNameProblem(topicName) !== null)
    return refusal(ErrorCode.INVALID_TOPIC_EXCEPTION);
  if (topic === null || handle === null) return refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const error = statusError(handle.state.status());
  if (error !== ErrorCode.NONE) return refusal(error);
  const { minInsyncReplicas } = topic.config;
  if (acks !== ACKS_ALL || minInsyncReplicas <= IN_SYNC_REPLICAS) return null;
  return {
    errorCode: ErrorCode.NOT_ENOUGH_REPLICAS,
    message: `min.insync.replicas of the topic is ${minInsyncReplicas}, and it has one replica`,
  };
}

async function append(
  batches: readonly ProducedBatch[],
  acks: number,
  { services, lease }: RequestContext,
): Promise<void> {
  const level = acks === ACKS_ALL ? "all" : "leader";
  const accepted = batches.filter((batch) => batch.refusal === null);
  let waiting = accepted.length;
  const onTaken = () => {
    if (--waiting === 0) lease.release();
  };
  const results = await Promise.all(
    accepted.map(({ handle, records }) => services.router.append(handle!, records!, level, onTaken)),
  );
  for (let i = 0; i < accepted.length; i++) accepted[i]!.appended = results[i]!;
}

/** With acks=0 there is no response that could say what went wrong: closing the connection does. */
function answerNothing(batches: readonly ProducedBatch[]): null {
  const failed = batches.find((batch) => errorOf(batch) !== ErrorCode.NONE);
  if (failed === undefined) return null;
  throw new Error(`a batch sent with acks=0 was not written: ${errorName(errorOf(failed))}`);
}

function answer({ topicData }: Request, batches: readonly ProducedBatch[], context: RequestContext): Body {
  let next = 0;
  const responses = topicData.map(({ name, topicId, partitionData }) => ({
    name,
    topicId,
    partitionResponses: partitionData.map(() => partitionAnswer(batches[next++]!, context)),
  }));
  const namesLeader =
    context.apiVersion >= NAMES_LEADER && batches.some((batch) => asksForLeader(errorOf(batch)));
  return namesLeader ? { responses, nodeEndpoints: leaderEndpoints(context) } : { responses };
}

function partitionAnswer(batch: ProducedBatch, context: RequestContext): PartitionAnswer {
  const { index, handle, refusal, appended } = batch;
  const errorCode = errorOf(batch);
  const result = {
    index,
    errorCode,
    baseOffset: appended?.baseOffset ?? -1,
    logAppendTimeMs: appended?.logAppendTimeMs ?? -1,
    logStartOffset: appended?.logStartOffset ?? -1,
  };
  if (errorCode === ErrorCode.NONE) return result;
  const failed = { ...result, errorMessage: refusal?.message ?? null };
  if (context.apiVersion < NAMES_LEADER || handle === null || !asksForLeader(errorCode)) return failed;
  return { ...failed, currentLeader: currentLeader(handle, context.services.config.nodeId) };
}

function errorOf({ refusal, appended }: ProducedBatch): ErrorCode {
  return refusal?.errorCode ?? appended!.errorCode;
}

function refusal(errorCode: ErrorCode): Refusal {
  return { errorCode, message: null };
}
