import { LatencySamples, type LatencySummary } from "./latency-samples.ts";
import type { LoadResult } from "./load-options.ts";
import { runLoadProcess } from "./load-process.ts";
import { startStretch } from "./stretch.ts";

/** What the loads for JetStream and for Redis are asked to do; both publish and read single messages. */
export interface MessageLoadOptions {
  readonly port: number;
  readonly topic: string;
  readonly partitions: number;
  /** Payload of one message. */
  readonly messageBytes: number;
  readonly connections: number;
  /** Messages that a connection has sent and that are not acknowledged; for a consumer: that it asks for at once. */
  readonly inFlight: number;
  readonly warmupSeconds?: number;
  /** The warm-up ends when this much is acknowledged or read, if that comes before its time. */
  readonly warmupBytesMax?: number;
  readonly seconds: number;
  /** So does the measured stretch. */
  readonly bytesMax?: number;
  /** Its CPU time of the measured stretch is reported. */
  readonly brokerPid?: number;
}

/** Bytes are those of payloads; an operation is a message. */
export interface MessageLoadResult extends LoadResult {
  /**
   * From the write of a message to its acknowledgement, which includes the wait behind those before it: a closed loop.
   * Null for consumers, and when acknowledgements of a connection come in another order than its messages.
   */
  readonly latency: LatencySummary | null;
}

export interface MessageLoadRun {
  /** CPU numbers for the load process; all when absent. */
  readonly cpus?: readonly number[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type MessageLoadScript = "nats-produce" | "nats-consume" | "redis-produce" | "redis-consume";

/** Runs a load in a process of its own. Rejects with what it said if it failed. */
export function runMessageLoad(
  script: MessageLoadScript,
  options: MessageLoadOptions,
  run: MessageLoadRun = {},
): Promise<MessageLoadResult> {
  return runLoadProcess<MessageLoadResult>({ script, options, ...run });
}

/** Some ten seconds of a fast broker; what does not fit is counted. */
const SAMPLES_MAX = 1 << 21;

/** Counts messages of all connections of a load process, and says when to stop. */
export class MessageCount {
  readonly latencies = new LatencySamples(SAMPLES_MAX);
  isStopping = false;
  #messages = 0;
  #endsAt = Number.POSITIVE_INFINITY;
  #end = (): void => undefined;

  add(messages: number): void {
    this.#messages += messages;
    if (this.#messages >= this.#endsAt) this.#end();
  }

  /** Warm-up and measured stretch, one after the other; then connections should stop. */
  async measure(options: MessageLoadOptions): Promise<LoadResult> {
    const { warmupSeconds = 0, warmupBytesMax, bytesMax, messageBytes } = options;
    if (warmupSeconds > 0) await this.#stretch(warmupSeconds, warmupBytesMax, messageBytes);
    this.latencies.clear();
    const before = this.#messages;
    const finish = startStretch(options.brokerPid);
    await this.#stretch(options.seconds, bytesMax, messageBytes);
    const figures = finish();
    const messages = this.#messages - before;
    this.isStopping = true;
    return { ...figures, operations: messages, records: messages, bytes: messages * messageBytes };
  }

  #stretch(
    seconds: number,
    bytesMax: number = Number.POSITIVE_INFINITY,
    messageBytes: number,
  ): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#end(), seconds * 1000);
      this.#endsAt = this.#messages + bytesMax / messageBytes;
      this.#end = () => {
        clearTimeout(timer);
        this.#endsAt = Number.POSITIVE_INFINITY;
        resolve();
      };
    });
  }
}
