import { assert } from "../../src/base/assert.ts";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { errorName } from "../../src/protocol/error-codes.ts";
import { decodeResponse, encodeRequest } from "../../src/protocol/header.ts";
import { batchOf } from "./batches.ts";
import { FrameCounter } from "./frame-counter.ts";
import { type LoadResult, loadOptions, reportLoad } from "./load-options.ts";

/**
 * A producer as light as it gets, in a process of its own: requests are encoded once and sent again and again, each
 * connection keeps a fixed number in flight. Prints one line of JSON. The records are valid, not idempotent.
 */
const PRODUCE_VERSION = 9;

interface ProduceOptions {
  readonly port: number;
  readonly topic: string;
  readonly partitions: number;
  readonly batchBytes: number;
  readonly acks: number;
  readonly seconds: number;
  readonly connections: number;
  readonly inFlight: number;
  /** Stops when this much is acknowledged, if that comes before the time. */
  readonly bytesMax?: number;
}

const options = loadOptions<ProduceOptions>();
const batch = batchOf(options.batchBytes);
const frames = Array.from({ length: options.partitions }, (_, index) => produceFrame(index));

let acknowledgedBatches = 0;
let stopping = false;

function produceFrame(index: number): Uint8Array {
  const body = encodeRequest(ApiKey.PRODUCE, PRODUCE_VERSION, 1, "bench", {
    transactionalId: null,
    acks: options.acks,
    timeoutMs: 30_000,
    topicData: [{ name: options.topic, partitionData: [{ index, records: batch }] }],
  });
  const frame = new Uint8Array(4 + body.byteLength);
  new DataView(frame.buffer).setInt32(0, body.byteLength);
  frame.set(body, 4);
  return frame;
}

function checkResponse(body: Uint8Array): void {
  const { value } = decodeResponse(ApiKey.PRODUCE, PRODUCE_VERSION, body);
  const { errorCode } = value.responses[0]!.partitionResponses[0]!;
  assert(errorCode === 0, `the broker refused a batch: ${errorName(errorCode)}`);
}

/** Resolves when the connection has stopped and everything it sent is acknowledged. */
function produceOn(first: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let inFlight = 0;
    let next = first;
    let frame: Uint8Array | null = null;
    let written = 0;
    const responses = new FrameCounter((body) => {
      checkResponse(body);
      inFlight--;
      acknowledgedBatches++;
      if (acknowledgedBatches * batch.byteLength >= (options.bytesMax ?? Number.POSITIVE_INFINITY))
        stopping = true;
    });
    const send = (socket: Bun.Socket): void => {
      for (;;) {
        if (frame === null) {
          if (stopping && inFlight === 0) resolve();
          if (stopping || inFlight >= options.inFlight) return;
          frame = frames[next++ % frames.length]!;
          written = 0;
          inFlight++;
        }
        written += socket.write(frame, written, frame.byteLength - written);
        if (written < frame.byteLength) return;
        frame = null;
      }
    };
    void Bun.connect({
      hostname: "127.0.0.1",
      port: options.port,
      socket: {
        open: send,
        drain: send,
        data: (socket, chunk) => {
          responses.push(chunk);
          send(socket);
        },
        error: (_, error) => reject(error),
        close: () => reject(new Error("the broker closed the connection")),
      },
    }).catch(reject);
  });
}

const startedMs = performance.now();
const cpuBefore = process.cpuUsage();
setTimeout(() => {
  stopping = true;
}, options.seconds * 1000);
await Promise.all(Array.from({ length: options.connections }, (_, index) => produceOn(index)));
const seconds = (performance.now() - startedMs) / 1000;
const cpu = process.cpuUsage(cpuBefore);
const result: LoadResult = {
  bytes: acknowledgedBatches * batch.byteLength,
  operations: acknowledgedBatches,
  seconds,
  cpuSeconds: (cpu.user + cpu.system) / 1e6,
};
reportLoad(result);
