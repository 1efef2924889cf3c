import { assert } from "../../src/base/assert.ts";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { readInt32, readInt64, writeInt32, writeInt64 } from "../../src/protocol/big-endian.ts";
import { decodeResponse, encodeRequest } from "../../src/protocol/header.ts";
import { type LoadResult, loadOptions } from "./load-options.ts";
import { reportResult } from "./load-process.ts";
import { startStretch } from "./stretch.ts";

/**
 * A consumer as light as it gets, in a process of its own: it counts the bytes of responses and works out the next
 * offset from the geometry of the batches, which are all alike; a batch that was cut off does not count. One fetch in
 * flight per connection, as consumers do. The first response of each connection is decoded and checked. Prints one
 * line of JSON.
 */
const FETCH_VERSION = 11;
/** Behind the fetch offset: log start offset, bytes, no forgotten topics, an empty rack. */
const FETCH_OFFSET_FROM_END = 8 + 8 + 4 + 4 + 2;

export interface FetchOptions {
  readonly port: number;
  readonly topic: string;
  readonly partitions: number;
  /** One connection for each partition when absent; consumer i reads partition i modulo their number. */
  readonly consumers?: number;
  readonly partitionBytesMax: number;
  readonly batchBytes: number;
  readonly recordsPerBatch: number;
  /** Offset at which reading starts over; ignored for a tail. */
  readonly endOffset: number;
  /** The warm-up lasts this long, and until every consumer has read everything once. */
  readonly warmupSeconds?: number;
  readonly seconds: number;
  /** Follows the producers instead, and stops when it has read this much. */
  readonly isTail?: boolean;
  /** Reads everything once, and stops when the last consumer has. */
  readonly isOnce?: boolean;
  readonly bytesMax?: number;
  /** Its CPU time of the measured stretch is reported. */
  readonly brokerPid?: number;
}

const options = loadOptions<FetchOptions>();
const consumers = options.consumers ?? options.partitions;
let bytes = 0;
let fetches = 0;
let isStopping = false;
/** Consumers that have not been at the end yet. */
let firstLaps = consumers;
const lapped = Promise.withResolvers<void>();
const enough = Promise.withResolvers<void>();

function fetchFrame(partition: number): Uint8Array {
  const body = encodeRequest(ApiKey.FETCH, FETCH_VERSION, 1, "bench", {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 0x7fffffff,
    topics: [
      {
        topic: options.topic,
        partitions: [{ partition, fetchOffset: 0x1234, partitionMaxBytes: options.partitionBytesMax }],
      },
    ],
    forgottenTopicsData: [],
  });
  const frame = new Uint8Array(4 + body.byteLength);
  writeInt32(frame, 0, body.byteLength);
  frame.set(body, 4);
  assert(
    readInt64(frame, frame.byteLength - FETCH_OFFSET_FROM_END) === 0x1234,
    "the offset lies at its place",
  );
  return frame;
}

function consume(partition: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const frame = fetchFrame(partition);
    let offset = 0;
    let isFirstLap = true;
    /** Bytes of a response that are not records; -1 until the first one was decoded. */
    let overhead = -1;
    let length = -1;
    let received = 0;
    let head: Uint8Array[] = [];
    const request = (socket: Bun.Socket): void => {
      writeInt64(frame, frame.byteLength - FETCH_OFFSET_FROM_END, offset);
      assert(socket.write(frame) === frame.byteLength, "a fetch request fits the socket");
    };
    const finished = (socket: Bun.Socket): void => {
      if (overhead < 0) overhead = checkFirst(Buffer.concat(head).subarray(4, 4 + length));
      const batches = Math.floor((length - overhead) / options.batchBytes);
      bytes += batches * options.batchBytes;
      fetches++;
      assert(batches > 0 || options.isTail, "a fetch below the end brings a batch");
      offset += batches * options.recordsPerBatch;
      length = -1;
      received = 0;
      head = [];
      if (!options.isTail && offset >= options.endOffset) {
        offset = 0;
        if (isFirstLap && --firstLaps === 0) lapped.resolve();
        isFirstLap = false;
        if (options.isOnce) return resolve();
      }
      if (bytes >= (options.bytesMax ?? Number.POSITIVE_INFINITY)) enough.resolve();
      if (isStopping) resolve();
      else request(socket);
    };
    void Bun.connect({
      hostname: "127.0.0.1",
      port: options.port,
      socket: {
        open: request,
        data: (socket, chunk) => {
          received += chunk.byteLength;
          if (overhead < 0 || length < 0) head.push(chunk);
          if (length < 0 && received >= 4)
            length = readInt32(head.length === 1 ? head[0]! : Buffer.concat(head), 0);
          if (length >= 0 && received === length + 4) finished(socket);
        },
        error: (_, error) => reject(error),
        close: () => reject(new Error("the broker closed the connection")),
      },
    }).catch(reject);
  });
}

function checkFirst(body: Uint8Array): number {
  const { value } = decodeResponse(ApiKey.FETCH, FETCH_VERSION, body);
  const partition = value.responses[0]!.partitions[0]!;
  assert(value.errorCode === 0 && partition.errorCode === 0, "the first fetch succeeds");
  return body.byteLength - (partition.records?.byteLength ?? 0);
}

async function measure(): Promise<LoadResult> {
  if (options.warmupSeconds !== undefined && !options.isOnce)
    await Promise.all([Bun.sleep(options.warmupSeconds * 1000), lapped.promise]);
  const before = { bytes, fetches };
  const finish = startStretch(options.brokerPid);
  await Promise.race([
    Bun.sleep(options.seconds * 1000),
    enough.promise,
    ...(options.isOnce ? [lapped.promise] : []),
  ]);
  const figures = finish();
  const measured = bytes - before.bytes;
  return {
    ...figures,
    bytes: measured,
    operations: fetches - before.fetches,
    records: (measured / options.batchBytes) * options.recordsPerBatch,
  };
}

const connections = Promise.all(
  Array.from({ length: consumers }, (_, index) => consume(index % options.partitions)),
);
/** A connection that breaks ends the run, one that has finished does not. */
const broken = new Promise<never>((_, reject) => void connections.catch(reject));
const result = await Promise.race([measure(), broken]);
isStopping = true;
await connections;
reportResult(result);
