import { compatibilityPartitioner, type MessageToProduce, Producer } from "@platformatic/kafka";
import { CliError } from "./cli-error.ts";
import { type CliIo, progress } from "./cli-io.ts";
import {
  asCliError,
  type ClientOptions,
  checkPartitions,
  libraryOptions,
  partitionsOf,
  withAdmin,
} from "./kafka-client.ts";
import type { Acks, ProduceFlags } from "./produce-options.ts";
import { LINE_BYTES_MAX, LineCutter, LineTooLong, recordOfLine } from "./record-lines.ts";
import { formatJson } from "./tables.ts";

export interface ProduceOptions extends ClientOptions, ProduceFlags {}

/** Bytes of keys and values that share one request; a larger record goes alone. Below every default of the broker. */
export const REQUEST_BYTES_MAX = 512 * 1024;
/**
 * Bytes of records without a key that go to one partition in a row, as Java's producer does it: batches stay large, and
 * what is short keeps its order.
 */
export const KEYLESS_RUN_BYTES = 64 * 1024;
/** Records that share one request. */
export const REQUEST_RECORDS_MAX = 10_000;

const ACKS_CODES: Readonly<Record<Acks, number>> = { all: -1, "1": 1, "0": 0 };

/** A broker may restart while a pipe is being read: a batch is tried for about this many times 100 ms. */
const PRODUCE_RETRIES = 100;

/** Reads records from standard input, one per line, until it ends. */
export async function runProduce(topic: string, options: ProduceOptions, io: CliIo): Promise<void> {
  const partitionCount = await withAdmin(options, async (admin) => {
    const partitions = await partitionsOf(admin, topic, { create: true });
    return partitions.length;
  });
  if (options.partition !== undefined) checkPartitions(topic, [options.partition], partitionCount);
  if (io.stdin.isTTY) progress(io, "one record per line, Ctrl-D ends");

  const production = new Production(topic, partitionCount, options);
  try {
    await production.run(io.stdin);
  } catch (error) {
    const reason = asCliError(error, options);
    if (!(reason instanceof CliError)) throw reason;
    throw new CliError(`${reason.message}; ${production.sent} records before this one were acknowledged`);
  } finally {
    await production.close();
  }
  const { sent } = production;
  if (options.format === "json") io.stdout.write(formatJson({ topic, records: sent }));
  else progress(io, `${sent} records to ${topic}`);
}

/** One run of the command: lines become batches while the batch before is on its way. */
class Production {
  readonly #topic: string;
  readonly #partitionCount: number;
  readonly #options: ProduceOptions;
  readonly #producer: Producer;
  readonly #headers: Map<Buffer, Buffer>;
  readonly #key: Buffer | null;
  readonly #keyDelimiter: Buffer | null;
  #batch: MessageToProduce[] = [];
  #batchBytes = 0;
  #keylessPartition: number;
  #keylessRunBytes = 0;
  #sending: Promise<void> | null = null;
  readonly #failed = Promise.withResolvers<never>();
  #sent = 0;

  constructor(topic: string, partitionCount: number, options: ProduceOptions) {
    this.#topic = topic;
    this.#partitionCount = partitionCount;
    this.#options = options;
    this.#producer = new Producer({
      ...libraryOptions(options),
      retries: PRODUCE_RETRIES,
      idempotent: options.acks === "all",
    });
    this.#headers = new Map(
      (options.header ?? []).map(({ key, value }) => [Buffer.from(key), Buffer.from(value)]),
    );
    this.#key = options.key === undefined ? null : Buffer.from(options.key);
    this.#keyDelimiter = options.keyDelimiter === undefined ? null : Buffer.from(options.keyDelimiter);
    this.#keylessPartition = Math.floor(Math.random() * partitionCount);
  }

  /** Records that the broker has acknowledged (with acks=0: that were written to its connection). */
  get sent(): number {
    return this.#sent;
  }

  async run(input: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      await Promise.race([this.#readAll(input), this.#failed.promise]);
    } catch (error) {
      if (!(error instanceof LineTooLong)) throw error;
      throw new CliError(
        `a record is longer than ${LINE_BYTES_MAX} bytes: records are separated by line breaks`,
      );
    }
  }

  async close(): Promise<void> {
    await this.#producer.close().catch(() => undefined);
  }

  async #readAll(input: AsyncIterable<Uint8Array>): Promise<void> {
    const cutter = new LineCutter();
    for await (const chunk of input) {
      for (const line of cutter.push(chunk)) await this.#add(line);
      // Nothing may be waiting behind this chunk: what is there goes out as soon as the connection is free.
      this.#sendWhenIdle();
    }
    for (const line of cutter.end()) await this.#add(line);
    while (this.#sending !== null || this.#batch.length > 0) {
      this.#sendWhenIdle();
      await this.#sending;
    }
  }

  async #add(line: Uint8Array): Promise<void> {
    const { key: lineKey, value } = recordOfLine(line, this.#keyDelimiter);
    const key = lineKey ?? this.#key;
    const bytes = value.byteLength + (key?.byteLength ?? 0);
    const isFull = this.#batchBytes + bytes > REQUEST_BYTES_MAX || this.#batch.length >= REQUEST_RECORDS_MAX;
    if (isFull && this.#batch.length > 0) {
      await this.#sending;
      this.#sendWhenIdle();
    }
    this.#batch.push({
      topic: this.#topic,
      partition: this.#partitionFor(key, bytes),
      value,
      headers: this.#headers,
      ...(key === null ? {} : { key }),
    });
    this.#batchBytes += bytes;
  }

  #partitionFor(key: Buffer | null, bytes: number): number {
    if (this.#options.partition !== undefined) return this.#options.partition;
    if (key !== null) return compatibilityPartitioner(NO_MESSAGE, key) % this.#partitionCount;
    if (this.#keylessRunBytes >= KEYLESS_RUN_BYTES) {
      this.#keylessPartition = (this.#keylessPartition + 1) % this.#partitionCount;
      this.#keylessRunBytes = 0;
    }
    this.#keylessRunBytes += bytes;
    return this.#keylessPartition;
  }

  /** Sends what there is, one batch after the other. A failure ends the command, even while it waits for input. */
  #sendWhenIdle(): void {
    if (this.#sending !== null || this.#batch.length === 0) return;
    this.#sending = this.#send();
    this.#sending.then(() => {
      this.#sending = null;
      this.#sendWhenIdle();
    }, this.#failed.reject);
  }

  async #send(): Promise<void> {
    const messages = this.#batch;
    if (messages.length === 0) return;
    this.#batch = [];
    this.#batchBytes = 0;
    const { acks, compression } = this.#options;
    await this.#producer.send({ messages, acks: ACKS_CODES[acks], compression });
    this.#sent += messages.length;
  }
}

/** The partitioner looks at the key alone. */
const NO_MESSAGE: MessageToProduce = { topic: "" };
