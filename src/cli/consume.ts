import { setTimeout } from "node:timers/promises";
import type { Admin } from "@platformatic/kafka";
import { ErrorCode, errorName } from "../protocol/error-codes.ts";
import { recordBatch } from "../protocol/record-batch.ts";
import { readRecords, wholeBatches } from "../protocol/records.ts";
import { CliError } from "./cli-error.ts";
import { type CliIo, DataOutput, OutputClosed, progress, warn } from "./cli-io.ts";
import { firstOffset, type StartSpec } from "./consume-range.ts";
import { type ClientOptions, checkPartitions, partitionsOf, withAdmin } from "./kafka-client.ts";
import { isConnectionLoss } from "./kafka-errors.ts";
import { offsetsOf } from "./partition-offsets.ts";
import { type FetchedPartition, fetchRecords } from "./raw-fetch.ts";
import type { RecordFormat } from "./record-format.ts";

export interface ConsumeOptions extends ClientOptions {
  /** Unset: all. */
  readonly partition?: readonly number[];
  readonly offset: StartSpec;
  readonly exit?: boolean;
  readonly count?: number;
  readonly format: RecordFormat;
}

/** How long the broker may hold a request back while there is nothing new. */
const FETCH_WAIT_MS_MAX = 1000;
const FETCH_RETRY_DELAY_MS = 100;
/** About ten seconds of a broker that does not answer. */
const FETCH_ATTEMPTS_MAX = 100;
/** The most that one batch may become when it is decompressed. */
const BATCH_BYTES_MAX = 256 * 1024 * 1024;

/** A partition that is being read. */
interface Cursor {
  readonly partition: number;
  readonly leader: number;
  /** The next offset to print. */
  offset: number;
  /** Where `-e` stops: the end of the log when the command started. */
  readonly end: number;
}

/** Prints the records of a topic, by assignment: no consumer group takes part. */
export async function runConsume(topic: string, options: ConsumeOptions, io: CliIo): Promise<void> {
  try {
    const printed = await withAdmin(options, async (admin) => {
      const cursors = await openCursors(admin, topic, options);
      return new Consumption(admin, topic, cursors, options, io).run();
    });
    progress(io, `${printed} records of ${topic}`);
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error;
  }
}

async function openCursors(admin: Admin, topic: string, options: ConsumeOptions): Promise<Cursor[]> {
  const partitions = await partitionsOf(admin, topic, { create: false });
  const numbers = [...new Set(options.partition ?? partitions.map((_, partition) => partition))];
  checkPartitions(topic, numbers, partitions.length);
  const starts = await offsetsOf(admin, topic, partitions, numbers, "beginning");
  const ends = await offsetsOf(admin, topic, partitions, numbers, "end");
  return numbers.map((partition) => {
    const range = { start: starts.get(partition)!, end: ends.get(partition)! };
    const first = firstOffset(options.offset, range);
    if (first.ok) {
      return { partition, leader: partitions[partition]!.leader, offset: first.value, end: range.end };
    }
    const asked = options.offset.kind === "offset" ? options.offset.offset : "?";
    throw new CliError(`partition ${partition} of '${topic}' has no offset ${asked}: ${first.error}`);
  });
}

/** One run of the command: fetches in rounds, one request to each leader, and prints in the order of the answers. */
class Consumption {
  readonly #admin: Admin;
  readonly #topic: string;
  readonly #options: ConsumeOptions;
  readonly #io: CliIo;
  readonly #output: DataOutput;
  readonly #cursors: ReadonlyMap<number, Cursor>;
  readonly #countMax: number;
  #printed = 0;

  constructor(admin: Admin, topic: string, cursors: readonly Cursor[], options: ConsumeOptions, io: CliIo) {
    this.#admin = admin;
    this.#topic = topic;
    this.#options = options;
    this.#io = io;
    this.#output = new DataOutput(io.stdout);
    this.#cursors = new Map(cursors.map((cursor) => [cursor.partition, cursor]));
    this.#countMax = options.count ?? Number.POSITIVE_INFINITY;
  }

  /** Records printed. */
  async run(): Promise<number> {
    for (let open = this.#openCursors(); open.length > 0; open = this.#openCursors()) {
      for (const answer of await this.#fetchPatiently(open)) await this.#take(answer);
    }
    return this.#printed;
  }

  #openCursors(): Cursor[] {
    if (this.#printed >= this.#countMax) return [];
    return [...this.#cursors.values()].filter((cursor) => !this.#options.exit || cursor.offset < cursor.end);
  }

  /** A broker may restart while its log is being followed. */
  async #fetchPatiently(cursors: readonly Cursor[]): Promise<FetchedPartition[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#fetch(cursors);
      } catch (error) {
        if (!isConnectionLoss(error) || attempt >= FETCH_ATTEMPTS_MAX) throw error;
        await setTimeout(FETCH_RETRY_DELAY_MS);
      }
    }
  }

  async #fetch(cursors: readonly Cursor[]): Promise<FetchedPartition[]> {
    const byLeader = Map.groupBy(cursors, (cursor) => cursor.leader);
    const connections = await this.#admin.connectToBrokers([...byLeader.keys()]);
    const fetches = [...byLeader].map(([leader, ofLeader]) => {
      const connection = connections.get(leader);
      if (connection === undefined)
        throw new CliError(`broker ${leader}, which leads a partition, cannot be reached`);
      return fetchRecords(connection, this.#topic, ofLeader, FETCH_WAIT_MS_MAX);
    });
    return (await Promise.all(fetches)).flat();
  }

  async #take({ partition, errorCode, records }: FetchedPartition): Promise<void> {
    const cursor = this.#cursors.get(partition);
    if (errorCode === ErrorCode.OFFSET_OUT_OF_RANGE && cursor && (await this.#skipRemoved(cursor))) return;
    if (errorCode !== ErrorCode.NONE || cursor === undefined) {
      const place = cursor ? `partition ${partition} of '${this.#topic}'` : `'${this.#topic}'`;
      throw new CliError(`the broker answered ${errorName(errorCode as ErrorCode)} for ${place}`);
    }
    for (const at of wholeBatches(records)) {
      if (this.#printed >= this.#countMax) return;
      await this.#printBatch(cursor, records, at);
    }
  }

  /** Whether retention has overtaken the cursor; it then stands at the log's start, which brokers leave out of errors. */
  async #skipRemoved(cursor: Cursor): Promise<boolean> {
    const { partition, offset } = cursor;
    const partitions = await partitionsOf(this.#admin, this.#topic, { create: false });
    const starts = await offsetsOf(this.#admin, this.#topic, partitions, [partition], "beginning");
    const logStart = starts.get(partition)!;
    if (offset >= logStart) return false;
    warn(
      this.#io,
      `offsets ${offset} to ${logStart - 1} of partition ${partition} were removed by retention`,
    );
    cursor.offset = logStart;
    return true;
  }

  async #printBatch(cursor: Cursor, records: Uint8Array, at: number): Promise<void> {
    const next = recordBatch.baseOffset(records, at) + recordBatch.lastOffsetDelta(records, at) + 1;
    if (!recordBatch.isControl(records, at)) {
      const lines: Uint8Array[] = [];
      for (const record of readRecords(records, at, BATCH_BYTES_MAX)) {
        if (record.offset < cursor.offset || (this.#options.exit && record.offset >= cursor.end)) continue;
        if (this.#printed >= this.#countMax) break;
        lines.push(this.#options.format({ topic: this.#topic, partition: cursor.partition, ...record }));
        this.#printed++;
      }
      if (lines.length > 0) await this.#output.write(Buffer.concat(lines));
    }
    cursor.offset = Math.max(cursor.offset, next);
  }
}
