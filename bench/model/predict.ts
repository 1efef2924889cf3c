import { assert } from "../../src/base/assert.ts";
import { costOf, type Model, requestsPerRead, splitShare } from "./fit.ts";
import type { Role } from "./model-data.ts";
import type { Scenario } from "./scenarios.ts";

/** Where a scenario runs. */
export interface MachinePlan {
  readonly cores: number;
  /** Of the cores' time that a busy broker and its load really use; all when absent. */
  readonly usableShare?: number;
  /** Main threads that share the connections; today's broker has one. */
  readonly networkThreads?: number;
  /** What the disk takes and the network carries; no limit when absent. */
  readonly diskBytesPerSecond?: number;
  readonly networkBytesPerSecond?: number;
  /** The generator runs here too, one thread, as in the measurements. */
  readonly isLoadHere?: boolean;
}

export type Resource = "main thread" | "partition threads" | "cores" | "disk" | "network" | "load generator";

export interface Prediction {
  /** Per second: batches in, or fetches; consumers for a scenario of idle ones. */
  readonly rate: number;
  readonly requestsPerSecond: number;
  readonly bytesInPerSecond: number;
  readonly bytesOutPerSecond: number;
  /** What saturates first. */
  readonly bottleneck: Resource;
  /** Share of each resource that is used at the limit; 1 for the bottleneck. */
  readonly utilisation: Readonly<Partial<Record<Resource, number>>>;
  /** Cores' worth of each role. */
  readonly use: Readonly<Record<Role, number>>;
  /** Of partition threads, for each batch or fetch. */
  readonly wakeUpsPerUnit: number;
}

/** Each partition has a thread up to this many (the default of `partition.workers.max`). */
const PARTITION_THREADS_MAX = 64;
const PARTITION_THREADS_PER_CORE = 8;
const BISECTIONS = 100;
const RATE_MAX = 1e12;

/** What a scenario uses of everything at one rate. */
export interface Use {
  readonly roles: Readonly<Record<Role, number>>;
  readonly requests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly wakeUpsPerUnit: number;
}

/** The largest rate at which no resource is used beyond its capacity, and which one ends it. */
export function predict(model: Model, scenario: Scenario, machine: MachinePlan): Prediction {
  assert(machine.cores >= 1, "a machine has a core");
  let low = 0;
  let high = RATE_MAX;
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    const isWithin = Math.max(...Object.values(utilisationAt(model, scenario, machine, middle))) <= 1;
    if (isWithin) low = middle;
    else high = middle;
  }
  const use = useAt(model, scenario, machine.cores, low);
  const utilisation = utilisationAt(model, scenario, machine, low);
  const [bottleneck] = (Object.entries(utilisation) as [Resource, number][]).reduce((most, one) =>
    one[1] > most[1] ? one : most,
  );
  return {
    rate: low,
    requestsPerSecond: use.requests,
    bytesInPerSecond: use.bytesIn,
    bytesOutPerSecond: use.bytesOut,
    bottleneck,
    utilisation,
    use: use.roles,
    wakeUpsPerUnit: use.wakeUpsPerUnit,
  };
}

/** Share of each resource's capacity, in the order in which a tie is decided. */
export function utilisationAt(
  model: Model,
  scenario: Scenario,
  machine: MachinePlan,
  rate: number,
): Partial<Record<Resource, number>> {
  const { roles, bytesIn, bytesOut } = useAt(model, scenario, machine.cores, rate);
  const { cores, usableShare = 1, networkThreads = 1, isLoadHere = false } = machine;
  const { diskBytesPerSecond = Number.POSITIVE_INFINITY, networkBytesPerSecond = Number.POSITIVE_INFINITY } =
    machine;
  const broker = roles.main + roles.partition + roles.rest + roles.kernel;
  return {
    "main thread": roles.main / networkThreads,
    "partition threads": roles.partition / threadsOf(scenario, cores),
    cores: (broker + (isLoadHere ? roles.load : 0)) / (cores * usableShare),
    disk: bytesIn / diskBytesPerSecond,
    // Full duplex: the busier direction counts.
    network: Math.max(bytesIn, bytesOut) / networkBytesPerSecond,
    ...(isLoadHere ? { "load generator": roles.load } : {}),
  };
}

/** Cores' worth of every role at a rate, with the wake-ups that come with it. */
export function useAt(model: Model, scenario: Scenario, cores: number, rate: number): Use {
  const { ingest, fetch, idle } = scenario;
  const batches = ingest === undefined ? 0 : rate;
  const bytesIn = batches * (ingest?.batchBytes ?? 0);
  const fetches =
    fetch === undefined ? 0 : ingest === undefined ? rate : (bytesIn * fetch.fanOut) / fetch.responseBytes;
  const bytesOut = fetches * (fetch?.responseBytes ?? 0);
  const polls = idle === undefined ? 0 : rate * idle.pollsPerSecond;
  const requests = batches / (ingest?.batchesPerRequest ?? 1);
  const reads = ingest === undefined ? 0 : requests / requestsPerRead(ingest);
  const splitBytes = ingest === undefined ? 0 : bytesIn * splitShare(ingest);
  const amounts = {
    ingest: { requests, reads, batches, bytes: bytesIn, splitBytes, wakeUps: 0 },
    fetch: { requests: fetches, bytes: bytesOut, wakeUps: 0 },
    idle: { requests: polls, connectionSeconds: idle === undefined ? 0 : rate },
  };
  const { ingest: ingestCosts, fetch: fetchCosts } = model;
  const groups = batches / batchesTogether(scenario) + fetches;
  const wakeUpsPerGroup = wakeUpsPerArrival(
    groups / threadsOf(scenario, cores),
    perOne(
      costOf(ingestCosts.partition.coefficients, amounts.ingest) +
        costOf(fetchCosts.partition.coefficients, amounts.fetch),
      groups,
    ),
    perOne(
      (groups - fetches) * (ingestCosts.partition.coefficients.wakeUps ?? 0) +
        fetches * (fetchCosts.partition.coefficients.wakeUps ?? 0),
      groups,
    ),
  );
  amounts.ingest.wakeUps = (groups - fetches) * wakeUpsPerGroup;
  amounts.fetch.wakeUps = fetches * wakeUpsPerGroup;
  const of = (role: Role): number =>
    costOf(ingestCosts[role].coefficients, amounts.ingest) +
    costOf(fetchCosts[role].coefficients, amounts.fetch) +
    costOf(model.idle[role].coefficients, amounts.idle);
  return {
    roles: {
      main: of("main"),
      partition: of("partition"),
      rest: of("rest"),
      kernel: of("kernel"),
      load: of("load"),
    },
    requests: requests + fetches + polls,
    bytesIn,
    bytesOut,
    wakeUpsPerUnit: perOne(groups * wakeUpsPerGroup, batches + fetches),
  };
}

/**
 * Batches for one partition that become visible to its thread at once: those of the requests that one chunk of a socket
 * brought, spread over the partitions.
 */
export function batchesTogether({ ingest, partitions }: Pick<Scenario, "ingest" | "partitions">): number {
  if (ingest === undefined) return 1;
  return Math.max(1, (requestsPerRead(ingest) * ingest.batchesPerRequest) / partitions);
}

/**
 * A thread sleeps for the share 1 - u of the time that it has nothing to do, and an arrival that finds it asleep wakes
 * it: w = 1 - u with u = rate * (plain + wakeUp * w), solved for w. None once it is never idle.
 */
export function wakeUpsPerArrival(
  ratePerThread: number,
  plainSeconds: number,
  wakeUpSeconds: number,
): number {
  return Math.max(0, 1 - ratePerThread * plainSeconds) / (1 + ratePerThread * wakeUpSeconds);
}

function perOne(sum: number, count: number): number {
  return count === 0 ? 0 : sum / count;
}

function threadsOf({ partitions }: Scenario, cores: number): number {
  return Math.min(partitions, PARTITION_THREADS_MAX, PARTITION_THREADS_PER_CORE * cores);
}
