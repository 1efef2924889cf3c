import { assert } from "../../src/base/assert.ts";
import { loadOptions } from "./load-options.ts";
import { reportResult } from "./load-process.ts";
import { MessageCount, type MessageLoadOptions } from "./nats-redis-load.ts";
import { RedisReader, redisCommand, redisKey } from "./redis-wire.ts";

/** Reads Redis streams by XRANGE, one request in flight for each connection. Prints one line of JSON. */
const options = loadOptions<MessageLoadOptions>();
const START = "-";
/** Id, name of the field and value: an entry brings three texts. */
const TEXTS_OF_ENTRY = 3;

const count = new MessageCount();
const readers = Array.from({ length: options.connections }, (_, index) => read(index % options.partitions));
const connections = Promise.all(readers);
const broken = new Promise<never>((_, reject) => void connections.catch(reject));
const result = await Promise.race([count.measure(options), broken]);
await connections;
reportResult({ ...result, latency: null });

/** Resolves when the last reply has come after the load was stopped. */
function read(partition: number): Promise<void> {
  const key = redisKey(options.topic, partition);
  return new Promise((resolve, reject) => {
    let from = START;
    let texts = 0;
    let lastId = "";
    let reader: RedisReader | null = null;
    const request = (socket: Bun.Socket): void => {
      const command = redisCommand("XRANGE", key, from, "+", "COUNT", String(options.inFlight));
      assert(socket.write(command) === command.byteLength, "a request fits the socket");
    };
    const finished = (socket: Bun.Socket): void => {
      const entries = texts / TEXTS_OF_ENTRY;
      assert(Number.isInteger(entries), "an entry has one field");
      if (entries === 0 && from === START) throw new Error(`${key} is empty`);
      count.add(entries);
      // A short page is the last one.
      from = entries < options.inFlight ? START : `(${lastId}`;
      texts = 0;
      if (count.isStopping) resolve();
      else request(socket);
    };
    void Bun.connect({
      hostname: "127.0.0.1",
      port: options.port,
      socket: {
        open: (socket) => {
          reader = new RedisReader(
            (text) => {
              if (texts++ % TEXTS_OF_ENTRY === 0) lastId = text;
            },
            () => finished(socket),
          );
          request(socket);
        },
        data: (_, chunk) => reader?.push(chunk),
        error: (_, error) => reject(error),
        close: () => reject(new Error("the server closed the connection")),
      },
    }).catch(reject);
  });
}
