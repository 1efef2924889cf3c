import { recordBatch } from "../../src/protocol/record-batch.ts";
import { batchOf } from "./batches.ts";
import { LatencyHistogram } from "./latency-histogram.ts";
import { type LoadResult, loadOptions } from "./load-options.ts";
import { reportResult } from "./load-process.ts";
import { PacedConnection } from "./paced-connection.ts";
import { ProduceFrames } from "./produce-frames.ts";
import { ReadableWait } from "./readable-wait.ts";
import { type StretchFigures, startStretch } from "./stretch.ts";
import { Timetable } from "./timetable.ts";

/**
 * An open loop: batches are sent by a timetable, whether or not the broker keeps up, and the latency of each counts
 * from the time at which it was meant to leave. Between sends the process sleeps until
 * an answer comes, so that the broker has the processor; what it adds itself is measured against the null server. Prints one line of JSON.
 */
export interface PacedOptions {
  readonly port: number;
  readonly topic: string;
  readonly partitions: number;
  readonly batchBytes: number;
  /** Of a value. */
  readonly recordBytes?: number;
  readonly acks: number;
  readonly connections: number;
  readonly batchesPerSecond: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
  /** Its CPU time of the measured stretch is reported. */
  readonly brokerPid?: number;
}

export interface PacedResult extends LoadResult {
  readonly offeredPerSecond: number;
  readonly offeredBytesPerSecond: number;
  /** Milliseconds, of the batches that were meant to leave within the measured stretch. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly curve: readonly (readonly [percent: number, ms: number])[];
  /** By how much batches left later than they were meant to, milliseconds: part of their latency. */
  readonly sentLateP99: number;
  /** Batches without an answer when the waiting ended: they count with the time until then. */
  readonly unanswered: number;
}

/** Sends of one turn, at most; then answers are read. */
const TURN_SENDS_MAX = 1024;
/** Sends that are due within this leave together: a turn for each would take the processor from the broker. */
const NAP_MICROSECONDS_MIN = 50;
const NAP_MICROSECONDS_MAX = 1000;
/** How long answers are waited for after the last send. */
const DRAIN_MS_MAX = 5000;

const options = loadOptions<PacedOptions>();
const batch = batchOf(options.batchBytes, options.recordBytes);
const latencies = new LatencyHistogram();
const lateness = new LatencyHistogram();
const failed = Promise.withResolvers<never>();

const frames = new ProduceFrames({ ...options, batch });
let answered = 0;
const connections = await Promise.all(
  Array.from({ length: options.connections }, (_, index) =>
    PacedConnection.open({
      port: options.port,
      topic: options.topic,
      frames,
      first: index,
      onAnswer: (intendedMs, nowMs) => {
        answered++;
        if (isMeasured(intendedMs)) latencies.record(nowMs - intendedMs);
      },
      onFailure: failed.reject,
    }),
  ),
);

const readable = new ReadableWait(connections.map(({ descriptor }) => descriptor));
const timetable = new Timetable(performance.now(), options.batchesPerSecond);
const measureFromMs = timetable.startMs + options.warmupSeconds * 1000;
const measureToMs = measureFromMs + options.seconds * 1000;

function isMeasured(intendedMs: number): boolean {
  return intendedMs >= measureFromMs && intendedMs < measureToMs;
}

/** Sends what is due; whether anything is left on the timetable. */
function sendDue(nowMs: number): boolean {
  for (let sent = 0; sent < TURN_SENDS_MAX; sent++) {
    const intendedMs = timetable.nextMs;
    if (intendedMs >= measureToMs || intendedMs > nowMs) break;
    const connection = connections[timetable.next % connections.length]!;
    if (connection.isFull) break;
    timetable.take();
    if (isMeasured(intendedMs)) lateness.record(nowMs - intendedMs);
    connection.enqueue(intendedMs);
  }
  for (const connection of connections) connection.send();
  return timetable.nextMs < measureToMs;
}

/** Gives the event loop a turn, and the processor to others until the next send is due. */
async function untilNextTurn(): Promise<void> {
  const microseconds = (timetable.nextMs - performance.now()) * 1000;
  if (microseconds > 0)
    readable.wait(Math.min(Math.max(microseconds, NAP_MICROSECONDS_MIN), NAP_MICROSECONDS_MAX));
  await new Promise<void>((resolve) => void setImmediate(resolve));
}

async function runTimetable(): Promise<StretchFigures & { readonly answeredMeasured: number }> {
  let finish: (() => StretchFigures) | null = null;
  let answeredBefore = 0;
  for (;;) {
    const nowMs = performance.now();
    if (finish === null && nowMs >= measureFromMs) {
      answeredBefore = answered;
      finish = startStretch(options.brokerPid);
    }
    if (nowMs >= measureToMs && finish !== null)
      return { ...finish(), answeredMeasured: answered - answeredBefore };
    sendDue(nowMs);
    await untilNextTurn();
  }
}

/** Sends what an overload has left, and waits for answers. Resolves to the number of those that did not come. */
async function drain(): Promise<number> {
  const deadlineMs = performance.now() + DRAIN_MS_MAX;
  const inFlight = (): number => connections.reduce((sum, connection) => sum + connection.inFlight, 0);
  while ((sendDue(performance.now()) || inFlight() > 0) && performance.now() < deadlineMs) await Bun.sleep(1);
  let unanswered = 0;
  const give = (intendedMs: number): void => {
    if (!isMeasured(intendedMs)) return;
    latencies.record(performance.now() - intendedMs);
    unanswered++;
  };
  for (const connection of connections) connection.abandon(give);
  while (timetable.nextMs < measureToMs) give(timetable.take());
  return unanswered;
}

const { answeredMeasured, ...figures } = await Promise.race([runTimetable(), failed.promise]);
const unanswered = await Promise.race([drain(), failed.promise]);
const result: PacedResult = {
  ...figures,
  operations: answeredMeasured,
  bytes: answeredMeasured * batch.byteLength,
  records: answeredMeasured * recordBatch.recordsCount(batch, 0),
  offeredPerSecond: options.batchesPerSecond,
  offeredBytesPerSecond: options.batchesPerSecond * batch.byteLength,
  p50: latencies.percentileMs(50),
  p99: latencies.percentileMs(99),
  p999: latencies.percentileMs(99.9),
  max: latencies.maxMs,
  curve: latencies.curve(),
  sentLateP99: lateness.percentileMs(99),
  unanswered,
};
reportResult(result);
