import { assert } from "../../src/base/assert.ts";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { readInt16, writeInt32 } from "../../src/protocol/big-endian.ts";
import { errorName } from "../../src/protocol/error-codes.ts";
import { decodeResponse, encodeRequest } from "../../src/protocol/header.ts";

/** Flexible, and every Kafka of the last six years has it. */
export const PRODUCE_VERSION = 9;
/** One write carries several requests while they are smaller than this together. */
const RING_BYTES = 1 << 20;

export interface ProduceFramesOptions {
  readonly topic: string;
  readonly partitions: number;
  readonly acks: number;
  readonly batch: Uint8Array;
}

/**
 * Produce requests, encoded once: one for each partition in turn, over and over, all equally long and one behind the
 * other, so that several leave by one write.
 */
export class ProduceFrames {
  readonly bytes: Uint8Array;
  readonly frameBytes: number;
  readonly count: number;

  constructor(options: ProduceFramesOptions) {
    const { partitions } = options;
    const frames = Array.from({ length: partitions }, (_, index) => produceFrame(options, index));
    this.frameBytes = frames[0]!.byteLength;
    assert(
      frames.every(({ byteLength }) => byteLength === this.frameBytes),
      "requests for any partition are equally long",
    );
    const laps = Math.max(1, Math.floor(RING_BYTES / (this.frameBytes * partitions)));
    this.count = laps * partitions;
    this.bytes = new Uint8Array(this.count * this.frameBytes);
    for (let index = 0; index < this.count; index++)
      this.bytes.set(frames[index % partitions]!, index * this.frameBytes);
  }
}

function produceFrame({ topic, acks, batch }: ProduceFramesOptions, index: number): Uint8Array {
  const body = encodeRequest(ApiKey.PRODUCE, PRODUCE_VERSION, 1, "bench", {
    transactionalId: null,
    acks,
    timeoutMs: 30_000,
    topicData: [{ name: topic, partitionData: [{ index, records: batch }] }],
  });
  const frame = new Uint8Array(4 + body.byteLength);
  writeInt32(frame, 0, body.byteLength);
  frame.set(body, 4);
  return frame;
}

/**
 * Checks the answers of one connection: the first one is decoded, of the others the error code is read from where the
 * first had it. Throws when a batch was refused.
 */
export class ProduceAnswers {
  readonly #topic: string;
  #errorCodeAt = -1;

  constructor(topic: string) {
    this.#topic = topic;
  }

  check(bytes: Uint8Array, at: number, length: number): void {
    if (this.#errorCodeAt < 0) this.#learn(bytes.subarray(at, at + length));
    const errorCode = readInt16(bytes, at + this.#errorCodeAt);
    if (errorCode !== 0) throw new Error(`the broker refused a batch: ${errorName(errorCode)}`);
  }

  /** Correlation id, no tags, one topic by name, one partition: then its index and its error code. */
  #learn(body: Uint8Array): void {
    const { value } = decodeResponse(ApiKey.PRODUCE, PRODUCE_VERSION, body);
    const [topic] = value.responses;
    const [partition] = topic!.partitionResponses;
    const name = Buffer.byteLength(this.#topic);
    assert(topic!.name === this.#topic && name < 127, "an answer names the topic, which has a short name");
    this.#errorCodeAt = 4 + 1 + 1 + 1 + name + 1 + 4;
    assert(
      readInt16(body, this.#errorCodeAt) === partition!.errorCode,
      "the error code is where the first answer has it",
    );
  }
}
