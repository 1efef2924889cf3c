import { nonNegativeLeastSquares } from "./least-squares.ts";
import type { Experiment, ModelData, Role } from "./model-data.ts";

/** What costs: of an experiment, how much of each there was. */
export const FEATURES = {
  requests: (experiment: Experiment) => experiment.requests,
  /** Chunks that a socket brought, as far as they can be known: requests that were sent together come together. */
  reads: (experiment: Experiment) => experiment.requests / requestsPerRead(experiment),
  batches: (experiment: Experiment) => experiment.batches,
  bytes: (experiment: Experiment) => experiment.bytes,
  /** Of requests that do not lie in one chunk: they are put together first. */
  splitBytes: (experiment: Experiment) => experiment.bytes * splitShare(experiment),
  /** Partition threads that were woken; the main thread wakes them. */
  wakeUps: (experiment: Experiment) => experiment.use.partition.voluntarySwitches,
  /** Connections that hang on, times seconds. */
  connectionSeconds: (experiment: Experiment) => experiment.connections * experiment.seconds,
} as const;
export type Feature = keyof typeof FEATURES;

/** Of a chunk that Bun hands over. */
const READ_BYTES_MAX = 512 * 1024;

/** Requests that come in one chunk, when a connection has `inFlight` of them under way and the broker is busy. */
export function requestsPerRead(sent: {
  readonly inFlight: number;
  readonly batchBytes: number;
  readonly batchesPerRequest: number;
}): number {
  const fitting = Math.floor(READ_BYTES_MAX / Math.max(sent.batchBytes * sent.batchesPerRequest, 1));
  return Math.max(1, Math.min(sent.inFlight, fitting));
}

/** Seconds of CPU for one of each; absent features cost nothing. */
export type Coefficients = Readonly<Partial<Record<Feature, number>>>;

export const FAMILIES = ["ingest", "fetch", "idle"] as const;
export type Family = (typeof FAMILIES)[number];

/** What each role's time is explained by. A generator's wake-ups are in its requests. */
const EXPLAINED_BY: Readonly<Record<Family, Readonly<Record<Role, readonly Feature[]>>>> = {
  ingest: {
    main: ["requests", "reads", "batches", "bytes", "splitBytes", "wakeUps"],
    partition: ["batches", "bytes", "wakeUps"],
    rest: ["batches", "bytes"],
    kernel: ["bytes"],
    load: ["requests", "reads", "batches", "bytes"],
  },
  fetch: {
    // Nearly every fetch wakes its partition's thread: the two cannot be told apart.
    main: ["requests", "bytes"],
    partition: ["requests", "bytes"],
    rest: ["requests", "bytes"],
    kernel: ["bytes"],
    load: ["requests", "bytes"],
  },
  idle: {
    main: ["requests", "connectionSeconds"],
    partition: ["wakeUps"],
    rest: ["requests"],
    kernel: ["requests"],
    load: ["requests"],
  },
};

/** Share of the requests that the end of a chunk cuts. */
export function splitShare(sent: {
  readonly batchBytes: number;
  readonly batchesPerRequest: number;
}): number {
  return Math.min(1, (sent.batchBytes * sent.batchesPerRequest) / READ_BYTES_MAX);
}

export interface Residual {
  readonly experiment: string;
  readonly isHeldOut: boolean;
  readonly measuredSeconds: number;
  readonly fittedSeconds: number;
  /** Fitted by measured, less one. */
  readonly error: number;
}

export interface RoleFit {
  readonly coefficients: Coefficients;
  /** Smallest and largest of each coefficient when one experiment after the other is left out; empty with too few of them. */
  readonly ranges: Readonly<Partial<Record<Feature, readonly [min: number, max: number]>>>;
  readonly residuals: readonly Residual[];
  /** Median of the absolute errors of the experiments that were fitted; null where there is none. */
  readonly medianError: number | null;
  /** The same of those that were held out. */
  readonly heldOutError: number | null;
}

export type Model = Readonly<Record<Family, Readonly<Record<Role, RoleFit>>>>;

/** Time below this in an experiment is the noise of the clock. */
const NOISE_SECONDS = 0.01;

/** Coefficients of every family and role. Errors are relative, so that no experiment outweighs the others. */
export function fitModel(data: Pick<ModelData, "experiments">): Model {
  const fitFamily = (family: Family): Record<Role, RoleFit> => {
    const experiments = data.experiments.filter(({ kind }) => kind === family);
    const fit = (role: Role): RoleFit => fitRole(experiments, role, EXPLAINED_BY[family][role]);
    return {
      main: fit("main"),
      partition: fit("partition"),
      rest: fit("rest"),
      kernel: fit("kernel"),
      load: fit("load"),
    };
  };
  return { ingest: fitFamily("ingest"), fetch: fitFamily("fetch"), idle: fitFamily("idle") };
}

/** As everywhere in the suite: more of the machine's time taken by its host, and a sample is shown but does not count. */
export const STEAL_MAX = 0.05;

/** Whether an experiment has a say in the coefficients. */
export function isFitted({ isHeldOut, steal }: Experiment): boolean {
  return !isHeldOut && steal <= STEAL_MAX;
}

export function fitRole(
  experiments: readonly Experiment[],
  role: Role,
  features: readonly Feature[],
): RoleFit {
  const fitted = experiments.filter(isFitted);
  const coefficients = solve(fitted, role, features);
  const residuals = experiments.map((experiment) => residualOf(experiment, role, coefficients));
  // With as many unknowns as experiments there is nothing to leave out.
  const leftOut =
    fitted.length <= features.length
      ? []
      : fitted.map((_, index) => solve(fitted.toSpliced(index, 1), role, features));
  const ranges = Object.fromEntries(
    (leftOut.length === 0 ? [] : features).map((feature) => {
      const values = leftOut.map((coefficients) => coefficients[feature]!);
      return [feature, [Math.min(...values), Math.max(...values)]];
    }),
  );
  return {
    coefficients,
    ranges,
    residuals,
    medianError: medianOf(fitted.map((experiment) => residualOf(experiment, role, coefficients))),
    heldOutError: medianOf(residuals.filter(({ isHeldOut }) => isHeldOut)),
  };
}

/** Steps of weighing: an experiment whose error is beyond `ERROR_TRUSTED` counts by its error, not by its square. */
const WEIGHINGS = 10;
const ERROR_TRUSTED = 0.2;

function solve(
  experiments: readonly Experiment[],
  role: Role,
  features: readonly Feature[],
): Record<string, number> {
  const rows = experiments.map((experiment) => features.map((feature) => FEATURES[feature](experiment)));
  const values = experiments.map(({ use }) => use[role].cpuSeconds);
  const scales = values.map((value) => Math.max(value, NOISE_SECONDS));
  let solution = features.map(() => 0);
  let weighed = scales;
  for (let step = 0; step < WEIGHINGS && rows.length > 0; step++) {
    solution = nonNegativeLeastSquares(rows, values, weighed);
    weighed = scales.map((scale, index) => {
      const fitted = rows[index]!.reduce((sum, amount, column) => sum + amount * solution[column]!, 0);
      const error = Math.abs(fitted - values[index]!) / scale;
      return scale * Math.sqrt(Math.max(1, error / ERROR_TRUSTED));
    });
  }
  return Object.fromEntries(features.map((feature, index) => [feature, solution[index]!]));
}

/** Seconds of CPU that so much of everything takes. */
export function costOf(
  coefficients: Coefficients,
  amounts: Readonly<Partial<Record<Feature, number>>>,
): number {
  let seconds = 0;
  for (const feature of Object.keys(FEATURES) as Feature[]) {
    seconds += (coefficients[feature] ?? 0) * (amounts[feature] ?? 0);
  }
  return seconds;
}

/** How much of each feature an experiment had. */
export function amountsOf(experiment: Experiment): Record<Feature, number> {
  return {
    requests: FEATURES.requests(experiment),
    reads: FEATURES.reads(experiment),
    batches: FEATURES.batches(experiment),
    bytes: FEATURES.bytes(experiment),
    splitBytes: FEATURES.splitBytes(experiment),
    wakeUps: FEATURES.wakeUps(experiment),
    connectionSeconds: FEATURES.connectionSeconds(experiment),
  };
}

function residualOf(experiment: Experiment, role: Role, coefficients: Coefficients): Residual {
  const measuredSeconds = experiment.use[role].cpuSeconds;
  const fittedSeconds = costOf(coefficients, amountsOf(experiment));
  return {
    experiment: experiment.name,
    isHeldOut: experiment.isHeldOut,
    measuredSeconds,
    fittedSeconds,
    error: (fittedSeconds - measuredSeconds) / Math.max(measuredSeconds, NOISE_SECONDS),
  };
}

function medianOf(residuals: readonly Residual[]): number | null {
  if (residuals.length === 0) return null;
  const errors = residuals.map(({ error }) => Math.abs(error)).toSorted((a, b) => a - b);
  const middle = errors.length >> 1;
  return errors.length % 2 === 1 ? errors[middle]! : (errors[middle - 1]! + errors[middle]!) / 2;
}
