import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { ErrorCode, errorName } from "../../src/protocol/error-codes.ts";
import { decodeResponse, encodeRequest } from "../../src/protocol/header.ts";
import type { KnownApi, RequestInputOf, ResponseOf } from "../../src/protocol/messages.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import type { TopicAdmin } from "./running-system.ts";

const ANSWER_MS_MAX = 60_000;
const READY_MS_MAX = 60_000;
const READY_POLL_MS = 20;
const PRODUCE_VERSION = 9;
const FRAME_BYTES_MAX = 64 * 1024 * 1024;
/** Where the checksum is in a batch of records. */
const CRC_AT = 17;

/** What a broker answers while a new partition has no leader yet. */
const NOT_READY: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.KAFKA_STORAGE_ERROR,
]);

/** Topics of a broker that speaks Kafka's protocol, over a connection for each call. */
export class KafkaAdmin implements TopicAdmin {
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** Creates a topic and waits until every partition takes records. It stays empty. */
  async create(
    name: string,
    partitions: number,
    configs: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    using connection = await KafkaConnection.open(this.#port);
    const { topics } = await connection.ask(ApiKey.CREATE_TOPICS, 5, {
      topics: [
        {
          name,
          numPartitions: partitions,
          replicationFactor: 1,
          assignments: [],
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        },
      ],
      timeoutMs: ANSWER_MS_MAX,
    });
    const { errorCode, errorMessage } = topics[0]!;
    if (errorCode !== 0)
      throw new Error(`${name} is not created: ${errorName(errorCode)} ${errorMessage ?? ""}`);
    await untilReady(connection, name, partitions);
  }

  async delete(name: string): Promise<void> {
    using connection = await KafkaConnection.open(this.#port);
    const { responses } = await connection.ask(ApiKey.DELETE_TOPICS, 4, {
      topicNames: [name],
      timeoutMs: ANSWER_MS_MAX,
    });
    const { errorCode } = responses[0]!;
    if (errorCode !== 0) throw new Error(`${name} is not deleted: ${errorName(errorCode)}`);
  }
}

/** Rejects when there is no broker or it does not answer ApiVersions. */
export async function askApiVersions(port: number): Promise<void> {
  using connection = await KafkaConnection.open(port);
  const { errorCode } = await connection.ask(ApiKey.API_VERSIONS, 0, {});
  if (errorCode !== 0) throw new Error(errorName(errorCode));
}

/**
 * Sends each partition a batch with a wrong checksum until it is refused for that: the partition has a leader that
 * reads what is produced, and it is still empty.
 */
async function untilReady(connection: KafkaConnection, name: string, partitions: number): Promise<void> {
  const records = brokenBatch();
  let waiting = Array.from({ length: partitions }, (_, index) => index);
  const deadlineMs = performance.now() + READY_MS_MAX;
  while (waiting.length > 0) {
    const { responses } = await connection.ask(ApiKey.PRODUCE, PRODUCE_VERSION, {
      transactionalId: null,
      acks: 1,
      timeoutMs: ANSWER_MS_MAX,
      topicData: [{ name, partitionData: waiting.map((index) => ({ index, records })) }],
    });
    const answers = responses.flatMap(({ partitionResponses }) => partitionResponses);
    const strange = answers.find(
      ({ errorCode }) => errorCode !== ErrorCode.CORRUPT_MESSAGE && !NOT_READY.has(errorCode),
    );
    if (strange !== undefined)
      throw new Error(`${name}-${strange.index} answers ${errorName(strange.errorCode)}`);
    waiting = answers.filter(({ errorCode }) => NOT_READY.has(errorCode)).map(({ index }) => index);
    if (performance.now() > deadlineMs)
      throw new Error(`${waiting.length} partitions of ${name} take no records`);
    if (waiting.length > 0) await sleep(READY_POLL_MS);
  }
}

function brokenBatch(): Uint8Array {
  const records = [{ key: null, value: new Uint8Array(1), headers: [], timestamp: Date.now() }];
  const batch = encodeRecordBatch({ baseOffset: 0, records });
  batch[CRC_AT]! ^= 0xff;
  return batch;
}

/** One request at a time. */
export class KafkaConnection implements Disposable {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  /** Why the connection is of no use any more. */
  #failure: Error | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", (error) => {
      this.#failure = error;
    });
    socket.on("close", () => {
      this.#failure ??= new Error("the broker closed the connection");
    });
  }

  /** Rejects when nobody listens. */
  static async open(port: number): Promise<KafkaConnection> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new KafkaConnection(socket);
  }

  /** Rejects when the broker closes the connection or does not answer in time. */
  async ask<Key extends KnownApi>(
    apiKey: Key,
    version: number,
    request: RequestInputOf<Key>,
  ): Promise<ResponseOf<Key>> {
    if (this.#failure !== null) throw this.#failure;
    const body = encodeRequest(apiKey, version, 1, "bench", request);
    const size = Buffer.alloc(4);
    size.writeInt32BE(body.byteLength);
    this.#socket.write(Buffer.concat([size, body]));
    return decodeResponse(apiKey, version, await this.#frame()).value;
  }

  #frame(): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [this.#received];
      let length = this.#received.byteLength;
      const finish = (end: () => void): void => {
        clearTimeout(timeout);
        this.#socket.off("data", take).off("error", fail).off("close", closed);
        end();
      };
      const fail = (error: Error): void => finish(() => reject(error));
      const closed = (): void => fail(new Error("the broker closed the connection"));
      const take = (chunk: Buffer): void => {
        chunks.push(chunk);
        length += chunk.byteLength;
        if (length < 4) return;
        if (chunks[0]!.byteLength < 4) chunks.splice(0, chunks.length, Buffer.concat(chunks));
        const end = 4 + chunks[0]!.readInt32BE(0);
        if (end > FRAME_BYTES_MAX) return fail(new Error(`an answer of ${end} bytes`));
        if (length < end) return;
        const bytes = Buffer.concat(chunks);
        this.#received = bytes.subarray(end);
        finish(() => resolve(bytes.subarray(4, end)));
      };
      const timeout = setTimeout(
        () => fail(new Error(`no answer in ${ANSWER_MS_MAX / 1000} s`)),
        ANSWER_MS_MAX,
      );
      this.#socket.on("data", take).on("error", fail).on("close", closed);
    });
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
