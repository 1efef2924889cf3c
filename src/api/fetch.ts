import type { ApiKey } from "../protocol/api-keys.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { RequestOf } from "../protocol/messages.ts";
import { FetchExecution, type FetchLimits } from "./fetch/execute-fetch.ts";
import {
  type FetchPartition,
  forgottenPartitions,
  usesTopicIds,
  wantedPartitions,
} from "./fetch/fetch-partition.ts";
import { type FetchBody, failedPartition, fetchResponse, groupByTopic } from "./fetch/fetch-response.ts";
import type { FetchSession } from "./fetch/fetch-session.ts";
import type { SessionTurn } from "./fetch/fetch-sessions.ts";
import { isSound, type PartitionFetch, releaseSpans } from "./fetch/partition-fetch.ts";
import { isFollower } from "./partition-errors.ts";
import {
  type AnswerContext,
  type HandlerResult,
  type Reply,
  type RequestContext,
  reply,
} from "./request-context.ts";

type Request = RequestOf<typeof ApiKey.FETCH>;

const READ_COMMITTED = 1;
/** The first version whose whole-request errors need not be repeated for every partition. */
const TOP_LEVEL_ERROR_SUFFICES = 13;

/** Session, plan, execute, answer. Records leave as spans of files, pinned until the response is sent. */
export function fetch(request: Request, context: RequestContext): HandlerResult<FetchBody> {
  const { apiVersion, services } = context;
  const wanted = wantedPartitions(request, apiVersion);
  const requestError = whyRefused(request);
  if (requestError !== ErrorCode.NONE) return failed(requestError, wanted, apiVersion);
  const turn = services.fetchSessions.turn({
    sessionId: request.sessionId,
    sessionEpoch: request.sessionEpoch,
    usesTopicIds: usesTopicIds(apiVersion),
    wanted,
    forgotten: forgottenPartitions(request, apiVersion),
  });
  if (turn.errorCode !== ErrorCode.NONE) return failed(turn.errorCode, [], apiVersion);

  const limits = limitsOf(request, services.config.fetchMaxBytes);
  return new SessionFetch(turn, limits, context).start();
}

/** Answers with what is new in its session. */
class SessionFetch extends FetchExecution<FetchBody> {
  readonly #session: FetchSession | null;
  readonly #isIncremental: boolean;
  readonly #isReadCommitted: boolean;

  constructor({ session, isIncremental, wanted }: SessionTurn, limits: FetchLimits, context: AnswerContext) {
    super(wanted, limits, context);
    this.#session = session;
    this.#isIncremental = isIncremental;
    this.#isReadCommitted = limits.isolation === "last-stable";
  }

  protected override answer(fetches: readonly PartitionFetch[]): Reply<FetchBody> {
    const session = this.#session;
    const answers = session === null ? fetches : newInSession(session, this.#isIncremental, fetches);
    const body = fetchResponse(answers, session?.id ?? 0, this.#isReadCommitted, this);
    const holdsFiles = fetches.some(({ release }) => release !== null);
    return reply(body, holdsFiles ? () => releaseSpans(fetches) : null);
  }
}

/** Followers read past the high watermark. There are none, so whoever says to be one is not served. */
function whyRefused({ replicaId, replicaState, isolationLevel }: Request): ErrorCode {
  const isKnownIsolation = isolationLevel === 0 || isolationLevel === READ_COMMITTED;
  const isServed = isKnownIsolation && !isFollower(replicaId) && !isFollower(replicaState.replicaId);
  return isServed ? ErrorCode.NONE : ErrorCode.INVALID_REQUEST;
}

function limitsOf(request: Request, brokerBytesMax: number): FetchLimits {
  const bytesMax = Math.max(0, Math.min(request.maxBytes, brokerBytesMax));
  return {
    bytesMax,
    bytesMin: Math.min(request.minBytes, bytesMax),
    waitMsMax: request.maxWaitMs,
    isolation: request.isolationLevel === READ_COMMITTED ? "last-stable" : "high-watermark",
  };
}

/** What the response holds: everything, or in an incremental one what the client does not know yet. */
function newInSession(
  session: FetchSession,
  isIncremental: boolean,
  fetches: readonly PartitionFetch[],
): readonly PartitionFetch[] {
  const isNew = fetches.map((fetch) =>
    session.answer({
      wanted: fetch.wanted,
      isError: !isSound(fetch),
      hasRecords: fetch.span !== null,
      highWatermark: fetch.state?.highWatermark ?? -1,
      logStartOffset: fetch.state?.logStartOffset ?? -1,
    }),
  );
  return isIncremental ? fetches.filter((_, index) => isNew[index]) : fetches;
}

function failed(
  errorCode: ErrorCode,
  wanted: readonly FetchPartition[],
  apiVersion: number,
): Reply<FetchBody> {
  const repeated = apiVersion < TOP_LEVEL_ERROR_SUFFICES ? wanted : [];
  const responses = groupByTopic(
    repeated,
    (partition) => partition,
    (partition) => failedPartition(partition, errorCode),
  );
  return reply({ errorCode, responses });
}
