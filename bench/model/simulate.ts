import { assert } from "../../src/base/assert.ts";
import { EventQueue } from "./event-queue.ts";
import { Random } from "./random.ts";

/**
 * A broker of one main thread and some partition threads on a number of cores, by events. A chunk of requests costs the
 * main thread `readSeconds` and each of them `arriveSeconds`; each then costs its partition's thread `partitionSeconds`, and
 * the main thread `answerSeconds`. A thread that sleeps takes `wakeLatencySeconds` until it is ready, its own thread
 * `wokenSeconds` and the main thread `wakeSeconds` of CPU. A thread runs one job at a time, to its end, and makes way when
 * others wait for a core.
 */
export interface SimulationOptions {
  readonly cores: number;
  readonly partitions: number;
  readonly seed: number;
  /** So many chunks always under way, or chunks that arrive at random. */
  readonly load: { readonly chunksInFlight: number } | { readonly requestsPerSecond: number };
  /** Requests that a connection sends together, for one partition after the other. */
  readonly requestsPerChunk?: number;
  readonly readSeconds?: number;
  readonly arriveSeconds: number;
  readonly answerSeconds: number;
  readonly partitionSeconds: number;
  /** Every job takes its time, or times are exponential around it. */
  readonly isExponential?: boolean;
  readonly wakeLatencySeconds?: number;
  readonly wakeSeconds?: number;
  readonly wokenSeconds?: number;
  /** In a closed loop, a request of the generator's one thread on the same cores; 0: it runs elsewhere. */
  readonly loadSeconds?: number;
  /** From the last answer of a chunk to the next chunk, in a closed loop. */
  readonly clientSeconds?: number;
  /** Requests that are counted, after a tenth of them as a warm-up. */
  readonly requests: number;
}

export interface Simulated {
  readonly requestsPerSecond: number;
  readonly mainUtilisation: number;
  readonly partitionUtilisation: number;
  readonly coreUtilisation: number;
  readonly wakeUpsPerRequest: number;
  readonly meanResponseSeconds: number;
  readonly p50ResponseSeconds: number;
  readonly p99ResponseSeconds: number;
  /** Response time without the work itself. */
  readonly meanWaitSeconds: number;
  readonly p99WaitSeconds: number;
}

interface Chunk {
  readonly startedAt: number;
  /** Requests that are not answered yet. */
  left: number;
}

interface Request {
  readonly chunk: Chunk;
  worked: number;
}

type Job =
  | { readonly stage: "arrive" | "load"; readonly chunk: Chunk }
  | { readonly stage: "partition" | "answer"; readonly request: Request };

interface Thread {
  readonly jobs: Job[];
  state: "asleep" | "waking" | "ready" | "running";
  busySeconds: number;
  /** CPU that its next job takes in addition. */
  extraSeconds: number;
}

type Event =
  | { readonly kind: "chunk" }
  | { readonly kind: "awake"; readonly thread: number }
  | { readonly kind: "done"; readonly thread: number; readonly job: Job };

const MAIN = 0;
/** The others are the partitions. */
const LOAD = 1;
const FIRST_PARTITION = 2;
const REQUESTS_MAX = 5_000_000;

export function simulate(options: SimulationOptions): Simulated {
  assert(options.requests > 0 && options.requests <= REQUESTS_MAX, "a simulation is bounded");
  return new Simulation(options).run();
}

class Simulation {
  readonly #options: SimulationOptions;
  readonly #random: Random;
  readonly #events = new EventQueue<Event>();
  readonly #threads: Thread[];
  readonly #ready: number[] = [];
  readonly #chunkRequests: number;
  #freeCores: number;
  #now = 0;
  #arrived = 0;
  #finished = 0;
  #wakeUps = 0;
  #measuredFrom = 0;
  readonly #responses: number[] = [];
  readonly #waits: number[] = [];

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#freeCores = options.cores;
    this.#chunkRequests = options.requestsPerChunk ?? 1;
    this.#threads = Array.from({ length: FIRST_PARTITION + options.partitions }, () => ({
      jobs: [],
      state: "asleep",
      busySeconds: 0,
      extraSeconds: 0,
    }));
  }

  run(): Simulated {
    const { load, requests } = this.#options;
    const warmup = Math.ceil(requests / 10);
    const first = "chunksInFlight" in load ? load.chunksInFlight : 1;
    for (let index = 0; index < first; index++) this.#events.add(0, { kind: "chunk" });
    while (this.#finished < warmup + requests) {
      const next = this.#events.take();
      assert(next !== null, "a request is under way or arrives");
      this.#now = next.at;
      this.#handle(next.event);
      if (this.#finished >= warmup && this.#measuredFrom === 0) this.#startMeasuring();
    }
    return this.#result();
  }

  #startMeasuring(): void {
    this.#measuredFrom = this.#now;
    this.#wakeUps = 0;
    this.#responses.length = 0;
    this.#waits.length = 0;
    for (const thread of this.#threads) thread.busySeconds = 0;
  }

  #handle(event: Event): void {
    if (event.kind === "chunk") return this.#arrive();
    const thread = this.#threads[event.thread]!;
    if (event.kind === "done") {
      this.#freeCores++;
      this.#done(event.job);
      thread.state = thread.jobs.length > 0 ? "ready" : "asleep";
    } else thread.state = "ready";
    if (thread.state === "ready") this.#ready.push(event.thread);
    this.#runReady();
  }

  #arrive(): void {
    const { load } = this.#options;
    this.#give(MAIN, { stage: "arrive", chunk: { startedAt: this.#now, left: this.#chunkRequests } });
    if ("requestsPerSecond" in load) {
      const gap = this.#random.exponential(this.#chunkRequests / load.requestsPerSecond);
      this.#events.add(this.#now + gap, { kind: "chunk" });
    }
    this.#runReady();
  }

  #done(job: Job): void {
    const { load, partitions, loadSeconds = 0, clientSeconds = 0 } = this.#options;
    if (job.stage === "arrive") {
      for (let index = 0; index < this.#chunkRequests; index++) {
        const partition = FIRST_PARTITION + (this.#arrived++ % partitions);
        this.#give(partition, { stage: "partition", request: { chunk: job.chunk, worked: 0 } });
      }
    } else if (job.stage === "partition") {
      this.#give(MAIN, { stage: "answer", request: job.request });
    } else if (job.stage === "answer") {
      const { chunk } = job.request;
      this.#finish(job.request);
      if (--chunk.left > 0 || !("chunksInFlight" in load)) return;
      if (loadSeconds > 0) this.#give(LOAD, { stage: "load", chunk });
      else this.#events.add(this.#now + clientSeconds, { kind: "chunk" });
    } else this.#events.add(this.#now + clientSeconds, { kind: "chunk" });
  }

  #finish({ chunk, worked }: Request): void {
    const { arriveSeconds, readSeconds = 0 } = this.#options;
    const response = this.#now - chunk.startedAt;
    this.#finished++;
    this.#responses.push(response);
    this.#waits.push(Math.max(0, response - worked - arriveSeconds - readSeconds));
  }

  #give(index: number, job: Job): void {
    const thread = this.#threads[index]!;
    thread.jobs.push(job);
    if (thread.state !== "asleep") return;
    const { wakeLatencySeconds = 0, wakeSeconds = 0, wokenSeconds = 0 } = this.#options;
    if (index >= FIRST_PARTITION) {
      this.#wakeUps++;
      thread.extraSeconds += wokenSeconds;
      this.#threads[MAIN]!.extraSeconds += wakeSeconds;
    }
    thread.state = "waking";
    this.#events.add(this.#now + wakeLatencySeconds, { kind: "awake", thread: index });
  }

  #runReady(): void {
    while (this.#freeCores > 0 && this.#ready.length > 0) {
      const index = this.#ready.shift()!;
      const thread = this.#threads[index]!;
      const job = thread.jobs.shift()!;
      const seconds = this.#serviceSeconds(job.stage) + thread.extraSeconds;
      thread.extraSeconds = 0;
      thread.state = "running";
      thread.busySeconds += seconds;
      if ("request" in job) job.request.worked += seconds;
      this.#freeCores--;
      this.#events.add(this.#now + seconds, { kind: "done", thread: index, job });
    }
  }

  #serviceSeconds(stage: Job["stage"]): number {
    const options = this.#options;
    const means: Record<Job["stage"], number> = {
      arrive: (options.readSeconds ?? 0) + this.#chunkRequests * options.arriveSeconds,
      partition: options.partitionSeconds,
      answer: options.answerSeconds,
      load: this.#chunkRequests * (options.loadSeconds ?? 0),
    };
    return options.isExponential ? this.#random.exponential(means[stage]) : means[stage];
  }

  #result(): Simulated {
    const seconds = this.#now - this.#measuredFrom;
    const [main, load, ...partitions] = this.#threads.map(({ busySeconds }) => busySeconds / seconds);
    const inPartitions = sumOf(partitions);
    const responses = this.#responses.toSorted((a, b) => a - b);
    const waits = this.#waits.toSorted((a, b) => a - b);
    const at = (sorted: readonly number[], share: number): number =>
      sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)]!;
    return {
      requestsPerSecond: responses.length / seconds,
      mainUtilisation: main!,
      partitionUtilisation: inPartitions / partitions.length,
      coreUtilisation: (main! + load! + inPartitions) / this.#options.cores,
      wakeUpsPerRequest: this.#wakeUps / responses.length,
      meanResponseSeconds: sumOf(responses) / responses.length,
      p50ResponseSeconds: at(responses, 0.5),
      p99ResponseSeconds: at(responses, 0.99),
      meanWaitSeconds: sumOf(waits) / waits.length,
      p99WaitSeconds: at(waits, 0.99),
    };
  }
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
