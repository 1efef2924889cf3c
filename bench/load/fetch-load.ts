import { assert } from "../../src/base/assert.ts";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { decodeResponse, encodeRequest } from "../../src/protocol/header.ts";
import { int32 } from "./frame-counter.ts";
import { type LoadResult, loadOptions, reportLoad } from "./load-options.ts";

/**
 * A consumer as light as it gets, in a process of its own: it counts the bytes of responses and works out the next
 * offset from the geometry of the batches, which are all alike. One fetch in flight per connection, as consumers do.
 * The first response of each connection is decoded and checked. Prints one line of JSON.
 */
const FETCH_VERSION = 11;

interface FetchOptions {
  readonly port: number;
  readonly topic: string;
  /** One connection for each. */
  readonly partitions: number;
  readonly partitionBytesMax: number;
  readonly batchBytes: number;
  readonly recordsPerBatch: number;
  /** Offset at which reading starts over; ignored for a tail. */
  readonly endOffset: number;
  readonly seconds: number;
  /** Follows the producers instead, and stops when it has read this much. */
  readonly isTail?: boolean;
  readonly bytesMax?: number;
}

const options = loadOptions<FetchOptions>();
let bytes = 0;
let fetches = 0;
let stopping = false;

function fetchFrame(partition: number, fetchOffset: number): Uint8Array {
  const body = encodeRequest(ApiKey.FETCH, FETCH_VERSION, 1, "bench", {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 0x7fffffff,
    topics: [
      {
        topic: options.topic,
        partitions: [{ partition, fetchOffset, partitionMaxBytes: options.partitionBytesMax }],
      },
    ],
    forgottenTopicsData: [],
  });
  const frame = new Uint8Array(4 + body.byteLength);
  new DataView(frame.buffer).setInt32(0, body.byteLength);
  frame.set(body, 4);
  return frame;
}

function consume(partition: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let offset = 0;
    /** Bytes of a response that are not records; -1 until the first one was decoded. */
    let overhead = -1;
    let length = -1;
    let received = 0;
    let head: Uint8Array[] = [];
    const request = (socket: Bun.Socket): void => {
      const frame = fetchFrame(partition, offset);
      assert(socket.write(frame) === frame.byteLength, "a fetch request fits the socket");
    };
    const finished = (socket: Bun.Socket): void => {
      if (overhead < 0) overhead = checkFirst(Buffer.concat(head).subarray(4, 4 + length));
      const recordBytes = length - overhead;
      bytes += recordBytes;
      fetches++;
      const batches = Math.floor(recordBytes / options.batchBytes);
      assert(batches > 0 || options.isTail, "a fetch below the end brings a batch");
      offset += batches * options.recordsPerBatch;
      if (!options.isTail && offset >= options.endOffset) offset = 0;
      if (bytes >= (options.bytesMax ?? Number.POSITIVE_INFINITY)) stopping = true;
      length = -1;
      received = 0;
      head = [];
      if (stopping) resolve();
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
            length = int32(head.length === 1 ? head[0]! : Buffer.concat(head), 0);
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

const startedMs = performance.now();
const cpuBefore = process.cpuUsage();
setTimeout(() => {
  stopping = true;
}, options.seconds * 1000);
await Promise.all(Array.from({ length: options.partitions }, (_, partition) => consume(partition)));
const cpu = process.cpuUsage(cpuBefore);
const result: LoadResult = {
  bytes,
  operations: fetches,
  seconds: (performance.now() - startedMs) / 1000,
  cpuSeconds: (cpu.user + cpu.system) / 1e6,
};
reportLoad(result);
