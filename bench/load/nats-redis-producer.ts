import { assert } from "../../src/base/assert.ts";
import { MessageCount, type MessageLoadOptions, type MessageLoadResult } from "./nats-redis-load.ts";

/** How messages are published with one protocol. */
export interface PublishProtocol {
  /** One message for a partition, as a connection sends it. */
  frame(partition: number, connection: number): Uint8Array;
  /** What a connection says first. */
  greeting(connection: number): Uint8Array;
  /** Whether acknowledgements come in the order of the messages, for a connection that serves several partitions too. */
  readonly isOrdered: boolean;
  /** Takes what the server says and calls back for each acknowledgement. Its `push` throws when a message was refused. */
  reader(onAcknowledged: () => void, socket: Bun.Socket): { push(chunk: Uint8Array): void };
}

/** One write carries as many messages as fit this. */
const WRITE_BYTES_MAX = 256 * 1024;

/**
 * A producer as light as it gets: messages are encoded once and sent again and again, each connection keeps a fixed
 * number in flight and serves its share of the partitions in turn.
 */
export async function publish(
  options: MessageLoadOptions,
  protocol: PublishProtocol,
): Promise<MessageLoadResult> {
  const count = new MessageCount();
  const publishers = Array.from({ length: options.connections }, (_, index) =>
    publishOn(index, options, protocol, count),
  );
  const connections = Promise.all(publishers);
  /** A connection that breaks ends the run, one that has finished does not. */
  const broken = new Promise<never>((_, reject) => void connections.catch(reject));
  const result = await Promise.race([count.measure(options), broken]);
  const isOrdered = protocol.isOrdered || options.partitions <= options.connections;
  const latency = isOrdered ? count.latencies.summary() : null;
  await connections;
  return { ...result, latency };
}

/** Resolves when the connection has stopped and everything it sent is acknowledged. */
function publishOn(
  index: number,
  options: MessageLoadOptions,
  protocol: PublishProtocol,
  count: MessageCount,
): Promise<void> {
  const rings = partitionsOf(index, options).map((partition) => ringOf(protocol.frame(partition, index)));
  return new Promise((resolve, reject) => {
    const window = new SendTimes(options.inFlight);
    let nextRing = 0;
    let bytes: Uint8Array = protocol.greeting(index);
    let at = 0;
    let end = bytes.byteLength;
    let reader: ReturnType<PublishProtocol["reader"]> | null = null;
    const send = (socket: Bun.Socket): void => {
      for (;;) {
        if (at === end) {
          if (count.isStopping && window.length === 0) resolve();
          if (count.isStopping || window.length >= options.inFlight) return;
          const ring = rings[nextRing++ % rings.length]!;
          const taken = Math.min(options.inFlight - window.length, ring.messages);
          bytes = ring.bytes;
          at = 0;
          end = taken * ring.messageBytes;
          window.push(taken, performance.now());
        }
        at += Math.max(0, socket.write(bytes, at, end - at));
        if (at < end) return;
      }
    };
    void Bun.connect({
      hostname: "127.0.0.1",
      port: options.port,
      socket: {
        open: (socket) => {
          let nowMs = 0;
          const acknowledgements = protocol.reader(() => {
            count.latencies.record(nowMs - window.shift());
            count.add(1);
          }, socket);
          reader = {
            push: (chunk) => {
              nowMs = performance.now();
              acknowledgements.push(chunk);
            },
          };
          send(socket);
        },
        drain: send,
        data: (socket, chunk) => {
          reader?.push(chunk);
          send(socket);
        },
        error: (_, error) => reject(error),
        close: () => reject(new Error("the server closed the connection")),
      },
    }).catch(reject);
  });
}

/** Each partition is served by a connection, and each connection serves one. */
function partitionsOf(connection: number, { partitions, connections }: MessageLoadOptions): number[] {
  const served = Array.from({ length: partitions }, (_, partition) => partition).filter(
    (partition) => partition % connections === connection % partitions,
  );
  return served.length > 0 ? served : [connection % partitions];
}

interface Ring {
  readonly bytes: Uint8Array;
  readonly messageBytes: number;
  readonly messages: number;
}

function ringOf(frame: Uint8Array): Ring {
  const messages = Math.max(1, Math.floor(WRITE_BYTES_MAX / frame.byteLength));
  const bytes = new Uint8Array(messages * frame.byteLength);
  for (let message = 0; message < messages; message++) bytes.set(frame, message * frame.byteLength);
  return { bytes, messageBytes: frame.byteLength, messages };
}

/** When each message in flight was written, oldest first. */
class SendTimes {
  readonly #times: Float64Array;
  #first = 0;
  length = 0;

  constructor(inFlight: number) {
    this.#times = new Float64Array(inFlight);
  }

  push(messages: number, nowMs: number): void {
    for (let index = 0; index < messages; index++)
      this.#times[(this.#first + this.length + index) % this.#times.length] = nowMs;
    this.length += messages;
  }

  shift(): number {
    assert(this.length > 0, "only what was sent is acknowledged");
    const sentMs = this.#times[this.#first]!;
    this.#first = (this.#first + 1) % this.#times.length;
    this.length--;
    return sentMs;
  }
}
