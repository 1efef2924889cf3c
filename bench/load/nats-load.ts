import {
  type MessageLoadOptions,
  type MessageLoadResult,
  type MessageLoadRun,
  runMessageLoad,
} from "./nats-redis-load.ts";

/** Publishes to JetStream streams with a window of acknowledgements. */
export function produceToNats(options: MessageLoadOptions, run?: MessageLoadRun): Promise<MessageLoadResult> {
  return runMessageLoad("nats-produce", options, run);
}

/** Reads JetStream streams over and over by pull consumers that acknowledge nothing; they must not be empty. */
export function consumeFromNats(
  options: MessageLoadOptions,
  run?: MessageLoadRun,
): Promise<MessageLoadResult> {
  return runMessageLoad("nats-consume", options, run);
}
