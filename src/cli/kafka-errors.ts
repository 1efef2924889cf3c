/**
 * One line for people from what the client library throws, or `null` when the error is not the library's. Its errors nest:
 * "failed 3 times" holds each attempt, a response's error holds one per partition. Pure.
 */
export function clientError(error: unknown, servers: string): string | null {
  const causes = flatten(error);
  if (!causes.some((cause) => typeof cause.code === "string" && cause.code.startsWith("PLT_KFK_")))
    return null;
  for (const cause of causes) {
    if (typeof cause.apiId !== "string") continue;
    const advice = ADVICE[cause.apiId];
    const said = typeof cause.serverErrorMessage === "string" ? cause.serverErrorMessage : null;
    const reason = said ?? advice ?? String(cause.message);
    return `the broker answered ${cause.apiId}: ${reason}`;
  }
  const unknownTopic = causes.find((cause) => /^Unknown topic /.test(String(cause.message)));
  if (unknownTopic !== undefined) {
    const topic = String(unknownTopic.message).replace(/^Unknown topic (.*)\.$/, "$1");
    return `there is no topic '${topic}': create it with \`odradek topic create ${topic}\``;
  }
  const refused = causes.find((cause) =>
    /^(ECONN|ENOTFOUND|EAI_|EHOST|ENET|ETIMEDOUT)/.test(String(cause.code)),
  );
  if (refused !== undefined || causes.some((cause) => cause.code === "PLT_KFK_NETWORK")) {
    const reason = refused === undefined ? String(causes.at(-1)!.message) : String(refused.code);
    return `no answer from a broker at ${servers} (${reason}): start one with \`odradek start\`, or name another with -b`;
  }
  return String(causes.at(-1)!.message);
}

/** The connection broke, or was not there: the same request may work later. Pure. */
export function isConnectionLoss(error: unknown): boolean {
  return flatten(error).some((cause) => cause.code === "PLT_KFK_NETWORK");
}

/** More than any real error holds; a cycle ends here too. */
const CAUSES_MAX = 100;

interface Cause {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly apiId?: unknown;
  readonly serverErrorMessage?: unknown;
  readonly errors?: unknown;
  readonly cause?: unknown;
}

/** The error, then everything inside it, outer ones first. */
function flatten(error: unknown): Cause[] {
  const found: Cause[] = [];
  const waiting: unknown[] = [error];
  while (waiting.length > 0 && found.length < CAUSES_MAX) {
    const next = waiting.shift();
    if (typeof next !== "object" || next === null) continue;
    const cause = next as Cause;
    found.push(cause);
    if (Array.isArray(cause.errors)) waiting.push(...cause.errors);
    waiting.push(cause.cause);
  }
  return found;
}

/** What to do, for errors that the broker does not explain itself. */
const ADVICE: Readonly<Record<string, string>> = {
  UNKNOWN_TOPIC_OR_PARTITION: "there is no such topic or partition; `odradek topic list` shows what there is",
  TOPIC_ALREADY_EXISTS: "a topic of this name exists already",
  INVALID_TOPIC_EXCEPTION: "a topic's name is made of letters, digits, '.', '_' and '-', 249 at most",
  INVALID_PARTITIONS: "a topic needs at least one partition",
  INVALID_REPLICATION_FACTOR: "there are not that many brokers",
  MESSAGE_TOO_LARGE: "the batch is larger than the topic's max.message.bytes",
  RECORD_LIST_TOO_LARGE: "the batch is larger than the topic's segment.bytes",
  OFFSET_OUT_OF_RANGE: "the offset is not in the log (any more)",
  KAFKA_STORAGE_ERROR: "the partition's disk failed; see the broker's log",
  TOPIC_DELETION_DISABLED: "the broker runs with delete.topic.enable=false",
  REQUEST_TIMED_OUT: "the broker took too long; try again",
};
