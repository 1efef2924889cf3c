import { ApiKey } from "../../src/protocol/api-keys.ts";
import { decodeMessage } from "../../src/protocol/codec.ts";
import { decodeRequestHeader, encodeResponse } from "../../src/protocol/header.ts";
import { type KnownApi, messages, type RequestOf } from "../../src/protocol/messages.ts";
import { ZERO_UUID } from "../../src/protocol/text.ts";
import { batchOf } from "./batches.ts";

/** What the null server says it serves; everything else closes the connection. */
const SERVED = [
  ApiKey.PRODUCE,
  ApiKey.FETCH,
  ApiKey.LIST_OFFSETS,
  ApiKey.METADATA,
  ApiKey.API_VERSIONS,
] as const;
/** Produce and Fetch by topic id would need ids that last. */
const NEWEST: Readonly<Partial<Record<KnownApi, number>>> = { [ApiKey.PRODUCE]: 12, [ApiKey.FETCH]: 12 };
const UNSUPPORTED_VERSION = 35;

/** Of the batches that every fetch brings. */
const FETCHED_BATCH_BYTES = 64 * 1024;
const FETCHED_BATCHES_MAX = 128;
/** Where every partition is said to end: beyond what anyone reads. */
const END_OFFSET = 2 ** 40;
const FETCH_ANSWERS_MAX = 64;

/** Partitions of every topic that is asked for. */
const PARTITIONS = 12;

export interface NullAnswer {
  /** With its length prefix; null: the request wants no answer. */
  readonly bytes: Uint8Array | null;
  /**
   * Bytes of the request, from its length prefix on, which alone decide about the answer: an equally long request that
   * starts with the same bytes (but for the correlation id) has the same answer. 0: none has.
   */
  readonly prefixBytes: number;
}

/** Answers as a broker would that keeps nothing: every batch is acknowledged, every fetch brings the same batches. */
export class NullAnswers {
  readonly #port: number;
  readonly #fetches = new Map<string, Uint8Array>();
  readonly #batch = batchOf(FETCHED_BATCH_BYTES);

  constructor(port: number) {
    this.#port = port;
  }

  /** `frame` is a whole request with its length prefix. Null: it cannot be answered, and the connection is to end. */
  answer(frame: Uint8Array): NullAnswer | null {
    const body = frame.subarray(4);
    const { apiKey, apiVersion, correlationId, bodyAt } = decodeRequestHeader(body);
    const key = SERVED.find((served) => served === apiKey);
    if (key === undefined) return null;
    const request = <Key extends KnownApi>(_: Key): RequestOf<Key> =>
      decodeMessage(messages[key].request, apiVersion, body, bodyAt).value as RequestOf<Key>;
    const whole = (bytes: Uint8Array): NullAnswer => ({ bytes, prefixBytes: 0 });

    switch (key) {
      case ApiKey.API_VERSIONS:
        return whole(apiVersions(apiVersion, correlationId));
      case ApiKey.METADATA:
        return whole(this.#metadata(apiVersion, correlationId, request(ApiKey.METADATA)));
      case ApiKey.LIST_OFFSETS:
        return whole(listOffsets(apiVersion, correlationId, request(ApiKey.LIST_OFFSETS)));
      case ApiKey.FETCH:
        return whole(this.#fetch(apiVersion, correlationId, request(ApiKey.FETCH)));
      case ApiKey.PRODUCE: {
        const produce = request(ApiKey.PRODUCE);
        const bytes = produce.acks === 0 ? null : acknowledge(apiVersion, correlationId, produce);
        return { bytes, prefixBytes: prefixBytesOf(frame, produce) };
      }
    }
  }

  #metadata(
    version: number,
    correlationId: number,
    { topics }: RequestOf<typeof ApiKey.METADATA>,
  ): Uint8Array {
    return whole(
      encodeResponse(ApiKey.METADATA, version, correlationId, {
        brokers: [{ nodeId: 1, host: "127.0.0.1", port: this.#port }],
        clusterId: "null-server",
        controllerId: 1,
        topics: (topics ?? []).map(({ name }) => ({
          errorCode: 0,
          name,
          topicId: ZERO_UUID,
          partitions: Array.from({ length: PARTITIONS }, (_, partitionIndex) => ({
            errorCode: 0,
            partitionIndex,
            leaderId: 1,
            leaderEpoch: 0,
            replicaNodes: [1],
            isrNodes: [1],
            offlineReplicas: [],
          })),
        })),
      }),
    );
  }

  /** The same batches from offset 0 on, whatever offset was asked for; made once for each kind of request. */
  #fetch(version: number, correlationId: number, request: RequestOf<typeof ApiKey.FETCH>): Uint8Array {
    const wanted = request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, partitionMaxBytes }) => ({ partition, partitionMaxBytes })),
    }));
    const key = JSON.stringify([version, wanted]);
    let bytes = this.#fetches.get(key);
    if (bytes === undefined) {
      bytes = whole(
        encodeResponse(ApiKey.FETCH, version, correlationId, {
          errorCode: 0,
          responses: wanted.map(({ topic, partitions }) => ({
            topic,
            partitions: partitions.map(({ partition, partitionMaxBytes }) => ({
              partitionIndex: partition,
              errorCode: 0,
              highWatermark: END_OFFSET,
              lastStableOffset: END_OFFSET,
              logStartOffset: 0,
              abortedTransactions: null,
              records: this.#batches(partitionMaxBytes),
            })),
          })),
        }),
      );
      if (this.#fetches.size >= FETCH_ANSWERS_MAX) this.#fetches.clear();
      this.#fetches.set(key, bytes);
    }
    return bytes;
  }

  #batches(bytesMax: number): Uint8Array {
    const count = Math.floor(bytesMax / this.#batch.byteLength);
    return Buffer.concat(Array(Math.min(Math.max(count, 1), FETCHED_BATCHES_MAX)).fill(this.#batch));
  }
}

/** A version that it does not have is answered with version 0, as KIP-511 says. */
function apiVersions(version: number, correlationId: number): Uint8Array {
  const { max } = messages[ApiKey.API_VERSIONS].versions;
  const isKnown = version <= max;
  return whole(
    encodeResponse(ApiKey.API_VERSIONS, isKnown ? version : 0, correlationId, {
      errorCode: isKnown ? 0 : UNSUPPORTED_VERSION,
      apiKeys: SERVED.map((apiKey) => ({
        apiKey,
        minVersion: messages[apiKey].versions.min,
        maxVersion: NEWEST[apiKey] ?? messages[apiKey].versions.max,
      })),
    }),
  );
}

function listOffsets(
  version: number,
  correlationId: number,
  { topics }: RequestOf<typeof ApiKey.LIST_OFFSETS>,
): Uint8Array {
  const answer = topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex, timestamp }) => ({
      partitionIndex,
      errorCode: 0,
      offset: timestamp === -2 ? 0 : END_OFFSET,
      leaderEpoch: 0,
    })),
  }));
  return whole(encodeResponse(ApiKey.LIST_OFFSETS, version, correlationId, { topics: answer }));
}

function acknowledge(
  version: number,
  correlationId: number,
  { topicData }: RequestOf<typeof ApiKey.PRODUCE>,
): Uint8Array {
  const responses = topicData.map(({ name, partitionData }) => ({
    name,
    partitionResponses: partitionData.map(({ index }) => ({
      index,
      errorCode: 0,
      baseOffset: 0,
      logStartOffset: 0,
      recordErrors: [],
    })),
  }));
  return whole(encodeResponse(ApiKey.PRODUCE, version, correlationId, { responses }));
}

/** Up to the records, if there is one batch only. */
function prefixBytesOf(frame: Uint8Array, { topicData }: RequestOf<typeof ApiKey.PRODUCE>): number {
  const records = topicData[0]?.partitionData[0]?.records;
  const isOne = topicData.length === 1 && topicData[0]!.partitionData.length === 1;
  return isOne && records ? records.byteOffset - frame.byteOffset : 0;
}

function whole(parts: ReturnType<typeof encodeResponse>): Uint8Array {
  const body = Buffer.concat(parts as readonly Uint8Array[]);
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.byteLength);
  return Buffer.concat([size, body]);
}
