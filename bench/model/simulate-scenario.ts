import { costOf, type Model, requestsPerRead, splitShare } from "./fit.ts";
import { predict } from "./predict.ts";
import type { Scenario } from "./scenarios.ts";
import { type Simulated, type SimulationOptions, simulate } from "./simulate.ts";

/** Of a sleeping thread until it runs: measured on the guest with an idle core, 20 to 33 µs. */
export const WAKE_LATENCY_SECONDS = 25e-6;
/** Of an answer, the client and the next request: loopback. */
const CLIENT_SECONDS = 50e-6;
/** Half of what a request costs beside its bytes is taken to be on its way in, half on its way out. */
const ANSWER_SHARE = 0.5;
const REQUESTS = 30_000;
const SEED = 20_26;

/** A broker with the machine to itself, at a share of its predicted limit or with so many requests always under way. */
export function simulateScenario(
  model: Model,
  scenario: Scenario,
  cores: number,
  load: { readonly share: number } | { readonly inFlight: number },
): { readonly simulated: Simulated; readonly limitPerSecond: number } {
  const { rate } = predict(model, scenario, { cores });
  const times = serviceTimes(model, scenario);
  const isOpen = "share" in load;
  const simulated = simulate({
    cores,
    partitions: scenario.partitions,
    seed: SEED,
    ...times,
    // What arrives at random arrives alone, and each is read alone.
    ...(isOpen ? { requestsPerChunk: 1, readSeconds: times.readSeconds / times.requestsPerChunk } : {}),
    load: isOpen
      ? { requestsPerSecond: rate * load.share }
      : { chunksInFlight: Math.ceil(load.inFlight / times.requestsPerChunk) },
    loadSeconds: 0,
    wakeLatencySeconds: WAKE_LATENCY_SECONDS,
    clientSeconds: CLIENT_SECONDS,
    requests: REQUESTS,
  });
  return { simulated, limitPerSecond: rate };
}

/** A closed loop of so many requests that shares the cores with its generator, as the experiments do. */
export function simulateShared(model: Model, scenario: Scenario, cores: number, inFlight: number): Simulated {
  const { ingest } = scenario;
  const times = serviceTimes(model, scenario);
  return simulate({
    cores,
    partitions: scenario.partitions,
    seed: SEED,
    ...times,
    load: {
      chunksInFlight: Math.max(
        1,
        Math.round(inFlight / (ingest === undefined ? 1 : requestsPerRead(ingest))),
      ),
    },
    wakeLatencySeconds: WAKE_LATENCY_SECONDS,
    requests: REQUESTS,
  });
}

type ServiceTimes = Required<
  Pick<
    SimulationOptions,
    | "requestsPerChunk"
    | "readSeconds"
    | "arriveSeconds"
    | "answerSeconds"
    | "partitionSeconds"
    | "wakeSeconds"
    | "wokenSeconds"
    | "loadSeconds"
  >
>;

/** Of a response's bytes; sent before the main thread turns to others, so received while the next ones are sent. */
const TURN_BYTES = 256 * 1024;

/** Of one batch, or one fetch: what goes to one partition. The broker's other threads and the kernel's are left out. */
export function serviceTimes(model: Model, { ingest, fetch }: Scenario): ServiceTimes {
  const { main, partition, load } = model[ingest === undefined ? "fetch" : "ingest"];
  const batchesPerRequest = ingest?.batchesPerRequest ?? 1;
  const requestsPerChunk = ingest === undefined ? 1 : requestsPerRead(ingest) * batchesPerRequest;
  const bytes = ingest?.batchBytes ?? fetch?.responseBytes ?? 0;
  const one = { requests: 1 / batchesPerRequest, batches: 1 };
  const fixed = costOf(main.coefficients, one);
  const splitBytes = ingest === undefined ? 0 : bytes * splitShare(ingest);
  const moved = costOf(main.coefficients, { bytes, splitBytes });
  const received = costOf(load.coefficients, { ...one, bytes, reads: 1 / requestsPerChunk });
  const receivedLast = costOf(load.coefficients, { ...one, bytes: Math.min(bytes, TURN_BYTES) });
  return {
    requestsPerChunk,
    readSeconds: costOf(main.coefficients, { reads: 1 }),
    // What is taken in is copied first, what is fetched is sent last.
    arriveSeconds: fixed * (1 - ANSWER_SHARE) + (ingest === undefined ? 0 : moved),
    answerSeconds: fixed * ANSWER_SHARE + (ingest === undefined ? moved : 0),
    partitionSeconds: costOf(partition.coefficients, { ...one, bytes }),
    wakeSeconds: main.coefficients.wakeUps ?? 0,
    wokenSeconds: partition.coefficients.wakeUps ?? 0,
    loadSeconds: ingest === undefined ? Math.max(receivedLast, received - moved) : received,
  };
}
