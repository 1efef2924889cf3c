import { ApiKey } from "../../src/protocol/api-keys.ts";
import { batchOf } from "./batches.ts";
import { BenchClient, requestFrame } from "./bench-client.ts";
import { recordsIn } from "./bench-topic.ts";
import { PRODUCE_VERSION, ProduceAnswers } from "./produce-frames.ts";

const BATCH_BYTES = 1024 * 1024;

/** Appends large batches to partition 0, one after the other, acks=1. How much was acknowledged is there at any time. */
export class TopicFiller implements Disposable {
  readonly #client: BenchClient;
  readonly #frame: Uint8Array;
  readonly #batch = batchOf(BATCH_BYTES);
  readonly #answers: ProduceAnswers;
  records = 0;
  bytes = 0;

  private constructor(client: BenchClient, topic: string) {
    this.#client = client;
    this.#answers = new ProduceAnswers(topic);
    this.#frame = requestFrame(ApiKey.PRODUCE, PRODUCE_VERSION, {
      transactionalId: null,
      acks: 1,
      timeoutMs: 30_000,
      topicData: [{ name: topic, partitionData: [{ index: 0, records: this.#batch }] }],
    });
  }

  static async connect(port: number, topic: string): Promise<TopicFiller> {
    return new TopicFiller(await BenchClient.connect(port), topic);
  }

  /** At least `bytes` more. Rejects when the broker refuses a batch or goes away. */
  async fill(bytes: number, signal: AbortSignal): Promise<void> {
    const until = this.bytes + bytes;
    while (this.bytes < until) {
      signal.throwIfAborted();
      const answer = await this.#client.exchange(this.#frame);
      this.#answers.check(answer, 0, answer.byteLength);
      this.records += recordsIn(this.#batch);
      this.bytes += this.#batch.byteLength;
    }
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }
}
