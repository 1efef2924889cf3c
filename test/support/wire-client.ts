import type { Socket } from "bun";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { readInt32, writeInt32 } from "../../src/protocol/big-endian.ts";
import { decodeResponse, encodeRequest } from "../../src/protocol/header.ts";
import type { KnownApi, RequestInputOf, ResponseOf } from "../../src/protocol/messages.ts";
import { ZERO_UUID } from "../../src/protocol/text.ts";
import { FrameCutter } from "./frame-cutter.ts";

/** Where the correlation id lies in a request frame with its length prefix. */
const CORRELATION_ID_AT = 8;

interface PendingResponse {
  readonly correlationId: number;
  resolve(frame: Uint8Array): void;
  reject(error: Error): void;
}

export interface ProduceOptions {
  readonly topic: string;
  readonly partition?: number;
  /** One whole v2 batch, or whatever a test wants to pass for one. */
  readonly batch: Uint8Array | null;
  readonly acks?: number;
  /** Up to 12, which name topics by name. */
  readonly version?: number;
}

export interface FetchOptions {
  readonly topic: string;
  readonly partition?: number;
  readonly offset: number;
  readonly bytesMax?: number;
  readonly bytesMin?: number;
  readonly waitMsMax?: number;
  readonly isolationLevel?: number;
  /** Up to 12, which name topics by name. */
  readonly version?: number;
}

/**
 * A Kafka client that hides nothing: one connection, requests pipelined as they are made, no retries, no metadata, no
 * batching. Responses must come in request order; one that does not fails every request that is under way.
 */
export class WireClient {
  /** Resolves when the connection is gone, whoever closed it. */
  readonly closed: Promise<void>;
  readonly #clientId: string;
  readonly #pending: PendingResponse[] = [];
  readonly #unasked: Uint8Array[] = [];
  readonly #cutter = new FrameCutter((frame) => this.#receive(frame));
  #socket: Socket | null = null;
  #unsent: Uint8Array[] = [];
  #nextCorrelationId = 1;
  #isClosed = false;
  #resolveClosed: () => void = () => undefined;

  private constructor(clientId: string) {
    this.#clientId = clientId;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  static async connect(port: number, hostname = "127.0.0.1", clientId = "wire-client"): Promise<WireClient> {
    const client = new WireClient(clientId);
    client.#socket = await Bun.connect({
      hostname,
      port,
      socket: {
        data: (_, chunk) => client.#cutter.push(chunk),
        drain: () => client.#flush(),
        close: () => client.#end(),
        error: () => client.#end(),
      },
    });
    return client;
  }

  /** Requests whose responses have not come yet. */
  get inFlight(): number {
    return this.#pending.length;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sends a request; resolves with its response. Records in it are views of the response's bytes. */
  async request<Key extends KnownApi>(
    apiKey: Key,
    version: number,
    body: RequestInputOf<Key>,
  ): Promise<ResponseOf<Key>> {
    const frame = await this.exchange(this.encode(apiKey, version, body));
    return decodeResponse(apiKey, version, frame).value;
  }

  /** A request with its length prefix. May be sent any number of times: `exchange` puts in the correlation id. */
  encode<Key extends KnownApi>(apiKey: Key, version: number, body: RequestInputOf<Key>): Uint8Array {
    const request = encodeRequest(apiKey, version, 0, this.#clientId, body);
    const frame = new Uint8Array(4 + request.byteLength);
    writeInt32(frame, 0, request.byteLength);
    frame.set(request, 4);
    return frame;
  }

  /** Sends an encoded request; resolves with the response's bytes, from the correlation id on. */
  exchange(frame: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(new Error("the connection was closed"));
        return;
      }
      const correlationId = this.#stamp(frame);
      this.#pending.push({ correlationId, resolve, reject });
      this.sendRaw(frame);
    });
  }

  /** Sends an encoded request that has no response (Produce with acks=0). */
  sendWithoutResponse(frame: Uint8Array): void {
    this.#stamp(frame);
    this.sendRaw(frame);
  }

  /** Sends bytes as they are. */
  sendRaw(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    const taken = this.#unsent.length > 0 ? 0 : Math.max(0, this.#socket!.write(bytes));
    if (taken < bytes.byteLength) this.#unsent.push(bytes.slice(taken));
  }

  /** Frames that came without a request of `exchange` under way: answers to raw bytes. */
  takeUnasked(): Uint8Array[] {
    return this.#unasked.splice(0);
  }

  /** Produces one batch to one partition; the answer for it. */
  async produce(options: ProduceOptions): Promise<ProducedPartition> {
    const { topic, partition = 0, batch, acks = -1, version = 11 } = options;
    const response = await this.request(ApiKey.PRODUCE, version, {
      acks,
      timeoutMs: 30_000,
      topicData: [{ name: topic, partitionData: [{ index: partition, records: batch }] }],
    });
    return response.responses[0]!.partitionResponses[0]!;
  }

  /** Fetches from one partition, without a session; the answer for it, with the raw bytes of its records. */
  async fetch(options: FetchOptions): Promise<FetchedPartition> {
    const { topic, partition = 0, offset, bytesMax = 1 << 20, bytesMin = 1, waitMsMax = 0 } = options;
    const response = await this.request(ApiKey.FETCH, options.version ?? 12, {
      maxWaitMs: waitMsMax,
      minBytes: bytesMin,
      maxBytes: bytesMax,
      isolationLevel: options.isolationLevel ?? 0,
      topics: [
        {
          topic,
          topicId: ZERO_UUID,
          partitions: [{ partition, fetchOffset: offset, partitionMaxBytes: bytesMax }],
        },
      ],
      forgottenTopicsData: [],
    });
    return response.responses[0]!.partitions[0]!;
  }

  /** Closes the connection; requests under way are rejected. */
  close(): void {
    this.#socket?.terminate();
    this.#end();
  }

  #stamp(frame: Uint8Array): number {
    const correlationId = this.#nextCorrelationId;
    this.#nextCorrelationId = (correlationId + 1) & 0x7fff_ffff;
    writeInt32(frame, CORRELATION_ID_AT, correlationId);
    return correlationId;
  }

  #flush(): void {
    const waiting = this.#unsent;
    this.#unsent = [];
    for (const bytes of waiting) this.sendRaw(bytes);
  }

  #receive(frame: Uint8Array): void {
    const pending = this.#pending.shift();
    if (pending === undefined) {
      this.#unasked.push(frame);
      return;
    }
    const correlationId = readInt32(frame, 0);
    if (correlationId === pending.correlationId) {
      pending.resolve(frame);
      return;
    }
    const reason = `response ${correlationId} came where ${pending.correlationId} was due`;
    pending.reject(new Error(reason));
    this.#rejectAll(reason);
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unsent = [];
    this.#rejectAll("the connection was closed");
    this.#resolveClosed();
  }

  #rejectAll(reason: string): void {
    for (const { reject } of this.#pending.splice(0)) reject(new Error(reason));
  }
}

export type ProducedPartition = ResponseOf<
  typeof ApiKey.PRODUCE
>["responses"][number]["partitionResponses"][number];
export type FetchedPartition = ResponseOf<typeof ApiKey.FETCH>["responses"][number]["partitions"][number];
