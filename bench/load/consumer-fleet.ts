import { ApiKey } from "../../src/protocol/api-keys.ts";
import { readInt16, readInt32, writeInt64 } from "../../src/protocol/big-endian.ts";
import { errorName } from "../../src/protocol/error-codes.ts";
import { decodeResponse } from "../../src/protocol/header.ts";
import { requestFrame } from "./bench-client.ts";
import { FrameCounter } from "./frame-counter.ts";

/**
 * Consumers that long-poll the end of a partition, each on a connection of its own, all in this process and as light as it
 * gets: the request is encoded once and its offset stamped, of an answer only the error codes and the record bytes are
 * looked at. The first answer of the fleet is decoded, the others are held against it.
 */
const FETCH_VERSION = 11;
/** In front of the topic's name: correlation id, throttle, error code, session id, number of topics, length. */
const TOPIC_NAME_AT = 4 + 4 + 2 + 4 + 4 + 2;
const ERROR_CODE_AT = 4 + 4;
/** Behind the partition's error code: three offsets, no aborted transactions, the replica, length of the records. */
const RECORDS_LENGTH_BEHIND_ERROR = 2 + 8 + 8 + 8 + 4 + 4;

export interface FleetOptions {
  readonly port: number;
  readonly topic: string;
  readonly maxWaitMs: number;
  /** Of each batch in the topic: all are alike. */
  readonly batchBytes: number;
  readonly recordsPerBatch: number;
}

export interface FleetEvents {
  /** A consumer got `[fromOffset, endOffset)` of its partition. */
  readonly delivered: (partition: number, fromOffset: number, endOffset: number) => void;
  readonly failed: (error: Error) => void;
}

export class ConsumerFleet implements Disposable {
  readonly #options: FleetOptions;
  readonly #events: FleetEvents;
  readonly #sockets: Bun.Socket[] = [];
  /** Where in a request the offset stands. */
  readonly #offsetAt: number;
  readonly #partitionErrorAt: number;
  #isChecked = false;
  #isOver = false;
  /** Fetches answered. */
  polls = 0;

  constructor(options: FleetOptions, events: FleetEvents) {
    this.#options = options;
    this.#events = events;
    this.#offsetAt = offsetPlace(this.#frame(0, 0), this.#frame(0, -1));
    // The name, the number of partitions and the partition's index come before its error code.
    this.#partitionErrorAt = TOPIC_NAME_AT + Buffer.byteLength(options.topic) + 4 + 4;
  }

  get size(): number {
    return this.#sockets.length;
  }

  /** Connects one more, which polls its partition from `offset` on. */
  add(partition: number, offset: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const frame = this.#frame(partition, offset);
      let next = offset;
      const poll = (socket: Bun.Socket): void => {
        if (socket.write(frame) !== frame.byteLength) {
          this.#fail(new Error("a fetch request does not fit the socket"));
        }
      };
      const frames = new FrameCounter((bytes, at, length) => {
        const recordBytes = this.#recordBytes(bytes, at, length);
        this.polls++;
        if (recordBytes === 0) return;
        const batches = Math.floor(recordBytes / this.#options.batchBytes);
        const end = next + batches * this.#options.recordsPerBatch;
        this.#events.delivered(partition, next, end);
        next = end;
        writeInt64(frame, this.#offsetAt, next);
      });
      void Bun.connect({
        hostname: "127.0.0.1",
        port: this.#options.port,
        socket: {
          open: (socket) => {
            this.#sockets.push(socket);
            poll(socket);
            resolve();
          },
          data: (socket, chunk) => {
            const before = this.polls;
            try {
              frames.push(chunk);
            } catch (error) {
              this.#fail(error as Error);
            }
            if (this.polls > before && !this.#isOver) poll(socket);
          },
          error: (_, error) => this.#fail(error),
          close: () => this.#fail(new Error("the broker closed the connection of a consumer")),
        },
      }).catch(reject);
    });
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    for (const socket of this.#sockets) socket.terminate();
  }

  #recordBytes(bytes: Uint8Array, at: number, length: number): number {
    if (!this.#isChecked) this.#check(bytes.subarray(at, at + length));
    const errorCode = readInt16(bytes, at + ERROR_CODE_AT);
    const partitionError = readInt16(bytes, at + this.#partitionErrorAt);
    if (errorCode !== 0 || partitionError !== 0) {
      throw new Error(`a fetch is answered ${errorName(errorCode || partitionError)}`);
    }
    return Math.max(readInt32(bytes, at + this.#partitionErrorAt + RECORDS_LENGTH_BEHIND_ERROR), 0);
  }

  /** That the places in an answer are where they are looked for. */
  #check(body: Uint8Array): void {
    const { value } = decodeResponse(ApiKey.FETCH, FETCH_VERSION, body);
    const partition = value.responses[0]?.partitions[0];
    if (value.errorCode !== 0 || partition === undefined || partition.errorCode !== 0) {
      throw new Error(
        `the first fetch is answered ${errorName(value.errorCode || (partition?.errorCode ?? 0))}`,
      );
    }
    const recordsLength = readInt32(body, this.#partitionErrorAt + RECORDS_LENGTH_BEHIND_ERROR);
    if (Math.max(recordsLength, 0) !== (partition.records?.byteLength ?? 0)) {
      throw new Error("an answer has other fields than expected in front of its records");
    }
    this.#isChecked = true;
  }

  #frame(partition: number, fetchOffset: number): Uint8Array {
    return requestFrame(ApiKey.FETCH, FETCH_VERSION, {
      maxWaitMs: this.#options.maxWaitMs,
      minBytes: 1,
      maxBytes: 0x7fffffff,
      topics: [
        {
          topic: this.#options.topic,
          partitions: [{ partition, fetchOffset, partitionMaxBytes: 1024 * 1024 }],
        },
      ],
      forgottenTopicsData: [],
    });
  }

  #fail(error: Error): void {
    if (!this.#isOver) this.#events.failed(error);
  }
}

/** Two requests that differ in their offset only tell where it stands. */
function offsetPlace(one: Uint8Array, other: Uint8Array): number {
  return one.findIndex((byte, at) => byte !== other[at]);
}
