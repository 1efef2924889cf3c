import { loadOptions } from "./load-options.ts";
import { reportResult } from "./load-process.ts";
import { NatsClient, natsStream } from "./nats-client.ts";
import { MessageCount, type MessageLoadOptions } from "./nats-redis-load.ts";
import { NATS_CONNECT, NatsReader } from "./nats-wire.ts";

/**
 * Reads JetStream streams by pull consumers that acknowledge nothing, two requests in flight for each connection; at the
 * end of a stream a new consumer starts over. Prints one line of JSON.
 */
const options = loadOptions<MessageLoadOptions>();
const REQUESTS_IN_FLIGHT = 2;
const EXPIRES_NANOSECONDS = 30e9;

const count = new MessageCount();
/** Consumers are made one after the other, whichever connection needs one. */
let turn: Promise<unknown> = Promise.resolve();
using admin = await NatsClient.open(options.port);
const readers = Array.from({ length: options.connections }, (_, index) =>
  read(index, natsStream(options.topic, index % options.partitions)),
);
const connections = Promise.all(readers);
const broken = new Promise<never>((_, reject) => void connections.catch(reject));
const result = await Promise.race([count.measure(options), broken]);
await connections;
reportResult({ ...result, latency: null });

/** After those that were asked for before. */
function consumerAt(stream: string): Promise<Consumer> {
  const made = turn.then(() => createConsumer(stream));
  turn = made.catch(() => undefined);
  return made;
}

interface Consumer {
  readonly name: string;
  /** Messages that it will bring. */
  readonly pending: number;
}

async function createConsumer(stream: string): Promise<Consumer> {
  const { name, num_pending: pending } = await admin.ask<{ name: string; num_pending: number }>(
    `CONSUMER.CREATE.${stream}`,
    {
      stream_name: stream,
      config: { ack_policy: "none", deliver_policy: "all", replay_policy: "instant", mem_storage: true },
    },
  );
  if (pending === 0) throw new Error(`${stream} is empty`);
  return { name, pending };
}

/** Resolves soon after the load was stopped. */
async function read(index: number, stream: string): Promise<void> {
  const first = await consumerAt(stream);
  const inbox = `_INBOX.${process.pid}.${index}`;
  return new Promise((resolve, reject) => {
    let consumer = first;
    let received = 0;
    let requested = 0;
    const request = (socket: Bun.Socket): void => {
      while (
        requested < consumer.pending &&
        requested - received <= (REQUESTS_IN_FLIGHT - 1) * options.inFlight
      ) {
        const batch = Math.min(options.inFlight, consumer.pending - requested);
        requested += batch;
        const body = JSON.stringify({ batch, expires: EXPIRES_NANOSECONDS });
        socket.write(
          `PUB $JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer.name} ${inbox} ${body.length}\r\n${body}\r\n`,
        );
      }
    };
    const startOver = (socket: Bun.Socket): void => {
      consumerAt(stream).then((next) => {
        consumer = next;
        received = 0;
        requested = 0;
        request(socket);
      }, reject);
    };
    const advance = (socket: Bun.Socket): void => {
      if (count.isStopping) resolve();
      else if (received === consumer.pending) startOver(socket);
      else request(socket);
    };
    let reader: NatsReader | null = null;
    void Bun.connect({
      hostname: "127.0.0.1",
      port: options.port,
      socket: {
        open: (socket) => {
          reader = new NatsReader({
            onControl: (line) => {
              if (line === "PING") socket.write("PONG\r\n");
              if (line.startsWith("-ERR")) throw new Error(line);
            },
            onMessage: (head, payload) => {
              if (head.startsWith("H"))
                throw new Error(`JetStream answers ${Buffer.from(payload).toString().split("\r\n")[0]}`);
              received++;
              count.add(1);
            },
          });
          socket.write(`${NATS_CONNECT}SUB ${inbox} 1\r\n`);
          request(socket);
        },
        data: (socket, chunk) => {
          reader?.push(chunk);
          advance(socket);
        },
        error: (_, error) => reject(error),
        close: () => reject(new Error("the server closed the connection")),
      },
    }).catch(reject);
  });
}
