import { loadOptions } from "./load-options.ts";
import { reportResult } from "./load-process.ts";
import type { MessageLoadOptions } from "./nats-redis-load.ts";
import { publish } from "./nats-redis-producer.ts";
import { RedisReader, redisCommand, redisKey } from "./redis-wire.ts";

/** Appends to Redis streams: XADD, pipelined, with ids by the server. Prints one line of JSON. */
const options = loadOptions<MessageLoadOptions>();
const payload = new Uint8Array(options.messageBytes).fill(0x61);
const ignore = (): void => undefined;

reportResult(
  await publish(options, {
    greeting: () => new Uint8Array(0),
    isOrdered: true,
    frame: (partition) => redisCommand("XADD", redisKey(options.topic, partition), "*", "v", payload),
    reader: (onAcknowledged) => new RedisReader(ignore, onAcknowledged),
  }),
);
