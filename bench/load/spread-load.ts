import { ApiKey } from "../../src/protocol/api-keys.ts";
import { batchOf } from "./batches.ts";
import { requestFrame } from "./bench-client.ts";
import { recordsIn } from "./bench-topic.ts";
import { FrameCounter } from "./frame-counter.ts";
import { LatencySamples, type LatencySummary } from "./latency-samples.ts";
import { loadOptions } from "./load-options.ts";
import { reportResult } from "./load-process.ts";
import { cpuSecondsOf, residentBytesOf } from "./process-cpu.ts";
import { PRODUCE_VERSION, ProduceAnswers } from "./produce-frames.ts";

/**
 * Small batches over many partitions at one total rate, open loop: batch k is due at `k / rate` (on a grid of
 * milliseconds) whether the broker keeps up or not, and its latency counts from there. One partition after the other; a
 * partition stays with its connection. Prints one line of JSON.
 */
export interface SpreadOptions {
  readonly port: number;
  /** Of the broker: its CPU and RSS are read over the measured stretch. */
  readonly brokerPid: number;
  readonly topic: string;
  readonly partitions: number;
  /** Of each batch, of 1 kB records. */
  readonly batchBytes: number;
  readonly batchesPerSecond: number;
  readonly connections: number;
  readonly acks: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
  /** The measured stretch is also told in this many equal slices. */
  readonly slices: number;
}

export interface SpreadSlice {
  /** Of the batches that were due in the slice; null if none was acknowledged. */
  readonly latency: LatencySummary | null;
  readonly acknowledgedBytes: number;
  /** The broker's, at the slice's end. */
  readonly residentBytes: number;
}

export interface SpreadResult {
  readonly seconds: number;
  readonly offeredBytes: number;
  /** Acknowledged within the measured stretch. */
  readonly acknowledgedBytes: number;
  readonly acknowledgedRecords: number;
  readonly latency: LatencySummary | null;
  readonly slices: readonly SpreadSlice[];
  /** How late the sender itself was, as part of every latency. */
  readonly lateness: LatencySummary | null;
  /** Due, but not acknowledged by the end of the run. */
  readonly unanswered: number;
  readonly brokerCpuSeconds: number;
  readonly cpuSeconds: number;
}

const TICK_MS = 1;
/** Unanswered batches of one connection: a broker that is further behind than this slows the sender down. */
const IN_FLIGHT_MAX = 8192;
/** And bytes that the socket has not taken. */
const OUT_BYTES = 1024 * 1024;
const DRAIN_MS_MAX = 10_000;
const SAMPLES_MAX = 4_000_000;

const options = loadOptions<SpreadOptions>();
const batch = batchOf(options.batchBytes);
const recordsPerBatch = recordsIn(batch);
const frames = Array.from({ length: options.partitions }, (_, index) =>
  requestFrame(ApiKey.PRODUCE, PRODUCE_VERSION, {
    transactionalId: null,
    acks: options.acks,
    timeoutMs: 30_000,
    topicData: [{ name: options.topic, partitionData: [{ index, records: batch }] }],
  }),
);
const latencies = new LatencySamples(SAMPLES_MAX);
const sliceLatencies = new LatencySamples(SAMPLES_MAX);
const lateness = new LatencySamples(SAMPLES_MAX);
const slices: SpreadSlice[] = [];
let measureFromMs = Number.POSITIVE_INFINITY;
let measureToMs = Number.POSITIVE_INFINITY;
let acknowledgedInStretch = 0;
let acknowledgedInSlice = 0;

/** Pipelines batches; answers come in the order of the requests. */
class Connection {
  readonly #socket: Bun.Socket;
  readonly #dueMs = new Float64Array(IN_FLIGHT_MAX);
  readonly #answers = new ProduceAnswers(options.topic);
  #sent = 0;
  #answered = 0;
  /** What has not left yet: `[outAt, outEnd)`. No garbage, so that the collector does not make the sender late. */
  readonly #out = new Uint8Array(OUT_BYTES);
  #outAt = 0;
  #outEnd = 0;

  constructor(socket: Bun.Socket) {
    this.#socket = socket;
  }

  get inFlight(): number {
    return this.#sent - this.#answered;
  }

  /** False: there is no room. */
  add(frame: Uint8Array, dueMs: number): boolean {
    if (this.inFlight >= IN_FLIGHT_MAX || this.#outEnd + frame.byteLength > OUT_BYTES) return false;
    this.#dueMs[this.#sent++ % IN_FLIGHT_MAX] = dueMs;
    this.#out.set(frame, this.#outEnd);
    this.#outEnd += frame.byteLength;
    return true;
  }

  /** Everything that is pending, in one write. */
  flush(): void {
    if (this.#outAt === this.#outEnd) return;
    this.#outAt += Math.max(this.#socket.write(this.#out, this.#outAt, this.#outEnd - this.#outAt), 0);
    this.#out.copyWithin(0, this.#outAt, this.#outEnd);
    this.#outEnd -= this.#outAt;
    this.#outAt = 0;
  }

  answered(bytes: Uint8Array, at: number, length: number): void {
    this.#answers.check(bytes, at, length);
    const nowMs = performance.now();
    const dueMs = this.#dueMs[this.#answered++ % IN_FLIGHT_MAX]!;
    if (nowMs >= measureFromMs && nowMs < measureToMs) {
      acknowledgedInStretch++;
      acknowledgedInSlice++;
    }
    if (dueMs < measureFromMs || dueMs >= measureToMs) return;
    latencies.record(nowMs - dueMs);
    sliceLatencies.record(nowMs - dueMs);
  }
}

function connect(): Promise<Connection> {
  return new Promise((resolve, reject) => {
    let connection: Connection | null = null;
    const responses = new FrameCounter((bytes, at, length) => connection!.answered(bytes, at, length));
    void Bun.connect({
      hostname: "127.0.0.1",
      port: options.port,
      socket: {
        open: (socket) => resolve((connection = new Connection(socket))),
        drain: () => connection!.flush(),
        data: (_, chunk) => responses.push(chunk),
        error: (_, error) => fail(error),
        close: () => fail(new Error("the broker closed the connection")),
      },
    }).catch(reject);
  });
}

function fail(error: Error): never {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exit(1);
}

/** Sends what is due before `endMs`, as far as there is room. Returns the number of the next batch. */
function sendDue(connections: readonly Connection[], startMs: number, endMs: number, from: number): number {
  const nowMs = performance.now();
  let next = from;
  for (;;) {
    const dueMs = startMs + Math.floor((next / options.batchesPerSecond) * 1000);
    if (dueMs > nowMs || dueMs >= endMs) break;
    const partition = next % options.partitions;
    if (!connections[partition % connections.length]!.add(frames[partition]!, dueMs)) break;
    if (dueMs >= measureFromMs) lateness.record(nowMs - dueMs);
    next++;
  }
  for (const connection of connections) connection.flush();
  return next;
}

/** A schedule of its own. Returns how many batches were due and not sent. */
async function offer(
  connections: readonly Connection[],
  startMs: number,
  seconds: number,
  onTick: (nowMs: number) => void = () => undefined,
): Promise<number> {
  const endMs = startMs + seconds * 1000;
  let next = 0;
  while (performance.now() < endMs) {
    next = sendDue(connections, startMs, endMs, next);
    onTick(performance.now());
    await Bun.sleep(TICK_MS);
  }
  next = sendDue(connections, startMs, endMs, next);
  return Math.max(Math.floor(seconds * options.batchesPerSecond) - next, 0);
}

/** Waits for what is in flight, within bounds. Returns how many batches were not acknowledged by then. */
async function drain(connections: readonly Connection[]): Promise<number> {
  const untilMs = performance.now() + DRAIN_MS_MAX;
  const outstanding = (): number => connections.reduce((sum, { inFlight }) => sum + inFlight, 0);
  while (outstanding() > 0 && performance.now() < untilMs) await Bun.sleep(TICK_MS);
  return outstanding();
}

function endSlice(): void {
  slices.push({
    latency: sliceLatencies.summary(),
    acknowledgedBytes: acknowledgedInSlice * batch.byteLength,
    residentBytes: residentBytesOf(options.brokerPid),
  });
  sliceLatencies.clear();
  acknowledgedInSlice = 0;
}

const connectionCount = Math.min(options.connections, options.partitions);
const connections = await Promise.all(Array.from({ length: connectionCount }, connect));
await offer(connections, performance.now(), options.warmupSeconds);
// What a cold broker was behind with is not carried into the stretch.
await drain(connections);
measureFromMs = performance.now();
measureToMs = measureFromMs + options.seconds * 1000;
const sliceMs = (options.seconds * 1000) / options.slices;
const brokerCpuBefore = cpuSecondsOf(options.brokerPid);
const cpuBefore = process.cpuUsage();
const unsent = await offer(connections, measureFromMs, options.seconds, (nowMs) => {
  const sliceEnd = measureFromMs + (slices.length + 1) * sliceMs;
  if (nowMs >= sliceEnd && slices.length < options.slices - 1) endSlice();
});
const brokerCpuSeconds = cpuSecondsOf(options.brokerPid) - brokerCpuBefore;
const cpu = process.cpuUsage(cpuBefore);
const unanswered = await drain(connections);
endSlice();
const result: SpreadResult = {
  seconds: options.seconds,
  offeredBytes: options.batchesPerSecond * options.seconds * batch.byteLength,
  acknowledgedBytes: acknowledgedInStretch * batch.byteLength,
  acknowledgedRecords: acknowledgedInStretch * recordsPerBatch,
  latency: latencies.summary(),
  slices,
  lateness: lateness.summary(),
  unanswered: unanswered + unsent,
  brokerCpuSeconds,
  cpuSeconds: (cpu.user + cpu.system) / 1e6,
};
reportResult(result);
