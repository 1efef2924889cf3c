import { loadOptions } from "./load-options.ts";
import { reportResult } from "./load-process.ts";
import { natsStream } from "./nats-client.ts";
import type { MessageLoadOptions } from "./nats-redis-load.ts";
import { publish } from "./nats-redis-producer.ts";
import { NATS_CONNECT, NatsReader } from "./nats-wire.ts";

/** Publishes to JetStream, each message with an inbox for its acknowledgement. Prints one line of JSON. */
const options = loadOptions<MessageLoadOptions>();
const payload = "a".repeat(options.messageBytes);
const inboxOf = (connection: number): string => `_INBOX.${process.pid}.${connection}`;

reportResult(
  await publish(options, {
    greeting: (connection) => Buffer.from(`${NATS_CONNECT}SUB ${inboxOf(connection)} 1\r\n`),
    // Streams acknowledge each for itself.
    isOrdered: false,
    frame: (partition, connection) => {
      const subject = natsStream(options.topic, partition);
      return Buffer.from(`PUB ${subject} ${inboxOf(connection)} ${options.messageBytes}\r\n${payload}\r\n`);
    },
    reader: (onAcknowledged, socket) =>
      new NatsReader({
        onControl: (line) => {
          if (line === "PING") socket.write("PONG\r\n");
          if (line.startsWith("-ERR")) throw new Error(line);
        },
        onMessage: (_, answer) => {
          if (!isAcknowledgement(answer))
            throw new Error(`JetStream refused a message: ${Buffer.from(answer).toString()}`);
          onAcknowledged();
        },
      }),
  }),
);

/** `{"stream":…,"seq":…}`; a refusal is `{"error":…}` or a status in headers. */
function isAcknowledgement(answer: Uint8Array): boolean {
  return answer[0] === 0x7b && answer[2] === 0x73;
}
