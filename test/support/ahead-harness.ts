import { assert } from "../../src/base/assert.ts";
import { silentLogger } from "../../src/base/logger.ts";
import type { TopicConfig } from "../../src/config/topic-config.ts";
import { filesOfThisPlatform } from "../../src/io/files-of-this-platform.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import { FetchRequest } from "../../src/router/requests.ts";
import type { RoutedPartition } from "../../src/router/routed-partition.ts";
import { Router } from "../../src/router/router.ts";
import type { FetchResult } from "../../src/router/types.ts";
import { InlineThread } from "./inline-thread.ts";
import { ManualClock } from "./manual-clock.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** Small segments of small batches, each with an index entry. */
export const SMALL_LOG: TopicConfig = {
  segmentBytes: 4_000,
  segmentMs: 604_800_000,
  retentionMs: -1,
  retentionBytes: -1,
  indexIntervalBytes: 1,
  segmentIndexBytes: 10 * 1024 * 1024,
  maxMessageBytes: 1024 * 1024,
  messageTimestampType: "CreateTime",
  messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  messageTimestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
  fileDeleteDelayMs: 60_000,
  writeCaching: false,
  minInsyncReplicas: 1,
};

/** What a fetch brought: an error, or the bytes of its span. */
export interface Brought {
  readonly errorCode: ErrorCode;
  readonly bytes: Uint8Array | null;
  readonly isCutShort: boolean;
}

/** The real router and the real worker's duty on one thread, over real files: one partition. */
export class AheadHarness {
  /** Whether reads would wait for the disk, as far as the broker can tell. */
  isCold = false;
  readonly #files = filesOfThisPlatform();
  readonly #root = temporaryDirectory();
  readonly clock = new ManualClock();
  readonly threads: InlineThread[] = [];
  readonly router: Router;
  partition!: RoutedPartition;
  #opened = 0;

  constructor() {
    const files = this.#files;
    files.sync = () => undefined;
    files.syncDirectory = () => undefined;
    files.residentBytes = (_fd, _position, length) => (this.isCold ? 0 : length);
    this.router = new Router({
      workersMax: 1,
      link: {
        arenaBytes: 1 << 20,
        openSegmentsMax: 4,
        producerIdsMax: 100,
        producerIdExpirationMs: 60_000,
        maintenanceIntervalMs: 1000,
      },
      spawn: () => {
        const thread = new InlineThread(files, this.clock);
        this.threads.push(thread);
        return thread;
      },
      logger: silentLogger,
    });
  }

  get thread(): InlineThread {
    return this.threads.at(-1)!;
  }

  async open(config: Partial<TopicConfig> = {}): Promise<RoutedPartition> {
    const { partition, opened } = this.router.openPartition({
      directory: `${this.#root}/t${this.#opened++}-0`,
      topic: "t",
      topicId: "AAAAAAAAAAAAAAAAAAAAAQ",
      partition: 0,
      config: { ...SMALL_LOG, ...config },
      recoveryPoint: 0,
      logStartOffset: 0,
      wasCleanShutdown: true,
    });
    this.partition = partition;
    const result = await this.thread.until(opened);
    assert(result.errorCode === ErrorCode.NONE, result.message ?? "the partition opens");
    return partition;
  }

  /** Appends batches of one record with values of these lengths, readable when this resolves. */
  async append(...valueBytes: readonly number[]): Promise<void> {
    const appends = valueBytes.map((length) => {
      const value = new Uint8Array(length).fill(length);
      const batch = encodeRecordBatch({ records: [{ value, timestamp: 1_700_000_000_000 }] });
      return this.router.append(this.partition, batch, "all", () => undefined);
    });
    for (const { errorCode } of await this.thread.until(Promise.all(appends))) {
      assert(errorCode === ErrorCode.NONE, `an append failed with ${errorCode}`);
    }
  }

  /** As a client's fetch comes by; lets the thread finish what it was asked for besides. */
  async fetch(offset: number, bytesMax: number, minOneBatch = true): Promise<Brought> {
    const result = this.router.planFetch(this.partition, offset, bytesMax, minOneBatch, "high-watermark");
    const brought = this.#read(await this.thread.until(result));
    await this.thread.settle();
    return brought;
  }

  /** The same without anything planned ahead. */
  async fetchUnplanned(offset: number, bytesMax: number, minOneBatch = true): Promise<Brought> {
    const { link, index } = this.partition;
    const result = new Promise<FetchResult>((resolve) =>
      link!.submit(new FetchRequest(index, offset, bytesMax, minOneBatch, "high-watermark", resolve)),
    );
    return this.#read(await this.thread.until(result));
  }

  /** Whether a fetch is answered without the thread. */
  async isPlanned(offset: number, bytesMax: number): Promise<boolean> {
    let result: FetchResult | null = null;
    const asked = this.router
      .planFetch(this.partition, offset, bytesMax, true, "high-watermark")
      .then((answer) => {
        result = answer;
      });
    for (let job = 0; job < 10; job++) await Promise.resolve();
    const isAnswered = result !== null;
    await this.thread.until(asked);
    (result as FetchResult | null)?.release?.();
    await this.thread.settle();
    return isAnswered;
  }

  /** Reads on from `offset`, as a consumer does, until something is planned ahead. The next offset. */
  async readUntilPlanned(offset: number, bytesMax: number): Promise<number> {
    let next = offset;
    for (let fetches = 0; this.partition.ahead.runCount === 0 && fetches < 10; fetches++) {
      next = nextOffset(await this.fetch(next, bytesMax), next);
    }
    assert(this.partition.ahead.runCount > 0, "a sequential reader gets its spans planned");
    return next;
  }

  async close(): Promise<void> {
    await this.thread.until(this.router.close());
  }

  async maintain(): Promise<void> {
    this.thread.duty!.maintain();
    await this.thread.settle();
  }

  #read({ errorCode, span, release, isCutShort }: FetchResult): Brought {
    if (span === null) return { errorCode, bytes: null, isCutShort };
    const bytes = new Uint8Array(span.length);
    const read = this.#files.read(span.fd, bytes, 0, span.length, span.position);
    assert(read === span.length, "the span is in the file");
    release!();
    return { errorCode, bytes, isCutShort };
  }
}

/** The offset behind the last whole batch; `offset` if there is none. */
export function nextOffset({ bytes }: Brought, offset: number): number {
  if (bytes === null) return offset;
  const view = new DataView(bytes.buffer);
  let next = offset;
  for (let at = 0; at + 61 <= bytes.byteLength; ) {
    const length = 12 + view.getInt32(at + 8);
    if (at + length > bytes.byteLength) break;
    next = Number(view.getBigInt64(at)) + view.getInt32(at + 23) + 1;
    at += length;
  }
  return next;
}
