import { recordBatch } from "../../src/protocol/record-batch.ts";
import { batchOf } from "./batches.ts";
import { FrameCounter } from "./frame-counter.ts";
import { type LoadResult, loadOptions } from "./load-options.ts";
import { reportResult } from "./load-process.ts";
import { ProduceAnswers, ProduceFrames } from "./produce-frames.ts";
import { startStretch } from "./stretch.ts";

/**
 * A producer as light as it gets, in a process of its own: requests are encoded once and sent again and again, each
 * connection keeps a fixed number in flight. Warm-up and measured stretch follow each other on the same connections;
 * counted is what is acknowledged within the stretch. Prints one line of JSON. The records are valid, not idempotent.
 */
export interface ProduceOptions {
  readonly port: number;
  readonly topic: string;
  readonly partitions: number;
  readonly batchBytes: number;
  /** Of a value. */
  readonly recordBytes?: number;
  readonly isKeyed?: boolean;
  readonly acks: number;
  readonly warmupSeconds?: number;
  /** The warm-up ends when this much is acknowledged, if that comes before its time. */
  readonly warmupBytesMax?: number;
  readonly seconds: number;
  /** So does the measured stretch. */
  readonly bytesMax?: number;
  readonly connections: number;
  readonly inFlight: number;
  /** Its CPU time of the measured stretch is reported. */
  readonly brokerPid?: number;
}

const options = loadOptions<ProduceOptions>();
const batch = batchOf(options.batchBytes, options.recordBytes, options.isKeyed);
const frames = new ProduceFrames({ ...options, batch });

let acknowledged = 0;
let stretchEndsAt = Number.POSITIVE_INFINITY;
let endStretch = (): void => undefined;
let isStopping = false;

/** Resolves when the connection has stopped and everything it sent is acknowledged. */
function produceOn(first: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const { bytes, frameBytes, count } = frames;
    const answers = new ProduceAnswers(options.topic);
    let inFlight = 0;
    let next = first % count;
    /** What is being written lies here in `bytes`. */
    let at = 0;
    let end = 0;
    const responses = new FrameCounter((chunk, frameAt, length) => {
      answers.check(chunk, frameAt, length);
      inFlight--;
      acknowledged++;
      if (acknowledged >= stretchEndsAt) endStretch();
    });
    const send = (socket: Bun.Socket): void => {
      for (;;) {
        if (at === end) {
          if (isStopping && inFlight === 0) resolve();
          if (isStopping || inFlight >= options.inFlight) return;
          const taken = Math.min(options.inFlight - inFlight, count - next);
          at = next * frameBytes;
          end = at + taken * frameBytes;
          next = (next + taken) % count;
          inFlight += taken;
        }
        at += Math.max(0, socket.write(bytes, at, end - at));
        if (at < end) return;
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

/** Resolves after this time, or when this many bytes more are acknowledged. */
function stretch(seconds: number, bytesMax: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => endStretch(), seconds * 1000);
    stretchEndsAt = acknowledged + bytesMax / batch.byteLength;
    endStretch = () => {
      clearTimeout(timer);
      stretchEndsAt = Number.POSITIVE_INFINITY;
      resolve();
    };
  });
}

async function measure(): Promise<LoadResult> {
  if (options.warmupSeconds !== undefined && options.warmupSeconds > 0)
    await stretch(options.warmupSeconds, options.warmupBytesMax ?? Number.POSITIVE_INFINITY);
  const before = acknowledged;
  const finish = startStretch(options.brokerPid);
  await stretch(options.seconds, options.bytesMax ?? Number.POSITIVE_INFINITY);
  const figures = finish();
  const operations = acknowledged - before;
  return {
    ...figures,
    operations,
    bytes: operations * batch.byteLength,
    records: operations * recordBatch.recordsCount(batch, 0),
  };
}

const connections = Promise.all(Array.from({ length: options.connections }, (_, index) => produceOn(index)));
/** A connection that breaks ends the run, one that has finished does not. */
const broken = new Promise<never>((_, reject) => void connections.catch(reject));
const result = await Promise.race([measure(), broken]);
isStopping = true;
await connections;
reportResult(result);
