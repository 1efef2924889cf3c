import {
  type MessageLoadOptions,
  type MessageLoadResult,
  type MessageLoadRun,
  runMessageLoad,
} from "./nats-redis-load.ts";

/** Appends to Redis streams with a window of replies. */
export function produceToRedis(
  options: MessageLoadOptions,
  run?: MessageLoadRun,
): Promise<MessageLoadResult> {
  return runMessageLoad("redis-produce", options, run);
}

/** Reads Redis streams over and over by XRANGE; they must not be empty. */
export function consumeFromRedis(
  options: MessageLoadOptions,
  run?: MessageLoadRun,
): Promise<MessageLoadResult> {
  return runMessageLoad("redis-consume", options, run);
}
