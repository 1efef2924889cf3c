import { ApiKey } from "../../src/protocol/api-keys.ts";
import { ErrorCode, errorName } from "../../src/protocol/error-codes.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import { WireClient } from "./wire-client.ts";

const PRODUCE_VERSION = 9;
/** What the broker remembers of a producer, and so what may be in flight. */
const IN_FLIGHT_MAX = 5;

interface Batch {
  readonly values: readonly string[];
  readonly baseSequence: number;
}

export interface Acknowledged {
  readonly offset: number;
  readonly value: string;
}

/**
 * An idempotent producer on one partition that survives its broker: what was not acknowledged before the connection
 * broke is sent again, in order and with the same sequence numbers, before anything new.
 */
export class IdempotentProducer {
  readonly acknowledged: Acknowledged[] = [];
  readonly #topic: string;
  readonly #partition: number;
  readonly #name: string;
  readonly #recordsPerBatch: number;
  #producerId = -1;
  #nextSequence = 0;
  #unacknowledged: Batch[] = [];

  constructor(topic: string, partition: number, name: string, recordsPerBatch: number) {
    this.#topic = topic;
    this.#partition = partition;
    this.#name = name;
    this.#recordsPerBatch = recordsPerBatch;
  }

  /** Produces as fast as it is acknowledged until the connection breaks or `isDone`. */
  async run(port: number, isDone: () => boolean): Promise<void> {
    const client = await WireClient.connect(port);
    try {
      if (this.#producerId < 0) await this.#initialize(client);
      const inFlight = this.#unacknowledged.map((batch) => this.#begin(client, batch));
      while (!isDone() || inFlight.length > 0) {
        while (!isDone() && inFlight.length < IN_FLIGHT_MAX)
          inFlight.push(this.#begin(client, this.#newBatch()));
        await inFlight.shift();
      }
    } catch (error) {
      if (!client.isClosed) throw error;
    } finally {
      client.close();
    }
  }

  async #initialize(client: WireClient): Promise<void> {
    const response = await client.request(ApiKey.INIT_PRODUCER_ID, 4, {
      transactionalId: null,
      transactionTimeoutMs: 60_000,
      producerId: -1,
      producerEpoch: -1,
    });
    this.#producerId = response.producerId;
  }

  #newBatch(): Batch {
    const baseSequence = this.#nextSequence;
    this.#nextSequence += this.#recordsPerBatch;
    const values = Array.from(
      { length: this.#recordsPerBatch },
      (_, i) => `${this.#name}/${baseSequence + i}`,
    );
    const batch = { values, baseSequence };
    this.#unacknowledged.push(batch);
    return batch;
  }

  /** A broken connection rejects all that is in flight; the first rejection that is awaited says so. */
  #begin(client: WireClient, batch: Batch): Promise<void> {
    const sent = this.#send(client, batch);
    sent.catch(() => undefined);
    return sent;
  }

  async #send(client: WireClient, batch: Batch): Promise<void> {
    const timestamp = Date.now();
    const records = encodeRecordBatch({
      records: batch.values.map((value) => ({ value: new TextEncoder().encode(value), timestamp })),
      producerId: this.#producerId,
      producerEpoch: 0,
      baseSequence: batch.baseSequence,
    });
    const response = await client.request(ApiKey.PRODUCE, PRODUCE_VERSION, {
      acks: -1,
      timeoutMs: 30_000,
      topicData: [{ name: this.#topic, partitionData: [{ index: this.#partition, records }] }],
    });
    const { errorCode, baseOffset } = response.responses[0]!.partitionResponses[0]!;
    if (errorCode !== ErrorCode.NONE) throw new Error(`a batch was refused: ${errorName(errorCode)}`);
    this.#unacknowledged = this.#unacknowledged.filter((waiting) => waiting !== batch);
    for (const [index, value] of batch.values.entries()) {
      this.acknowledged.push({ offset: baseOffset + index, value });
    }
  }
}
