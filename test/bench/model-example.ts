import type { Coefficients, Family, Model, RoleFit } from "../../bench/model/fit.ts";
import type { Experiment, Role, RoleUse } from "../../bench/model/model-data.ts";

const NOTHING: RoleUse = {
  cpuSeconds: 0,
  systemSeconds: 0,
  waitSeconds: 0,
  voluntarySwitches: 0,
  involuntarySwitches: 0,
  threads: 1,
};

/** An experiment made of numbers that a test chose. */
export function experimentOf(made: {
  readonly name: string;
  readonly requests: number;
  readonly bytes: number;
  readonly wakeUps: number;
  readonly mainSeconds: number;
  readonly isHeldOut?: boolean;
}): Experiment {
  const { name, requests, bytes, wakeUps, mainSeconds, isHeldOut = false } = made;
  return {
    name,
    kind: "ingest",
    isHeldOut,
    partitions: 1,
    connections: 4,
    inFlight: 5,
    batchBytes: bytes / requests,
    batchesPerRequest: 1,
    seconds: 2,
    steal: 0,
    requests,
    batches: requests,
    bytes,
    requestsPerSecond: requests / 2,
    use: {
      main: { ...NOTHING, cpuSeconds: mainSeconds },
      partition: { ...NOTHING, cpuSeconds: mainSeconds, voluntarySwitches: wakeUps },
      rest: NOTHING,
      kernel: NOTHING,
      load: NOTHING,
    },
    residentBytes: 100e6,
    isUnsettled: false,
  };
}

/** A model of chosen coefficients; what is not given costs nothing. */
export function modelOf(
  families: Readonly<Partial<Record<Family, Readonly<Partial<Record<Role, Coefficients>>>>>>,
): Model {
  const roleFit = (coefficients: Coefficients = {}): RoleFit => ({
    coefficients,
    ranges: {},
    residuals: [],
    medianError: null,
    heldOutError: null,
  });
  const family = (name: Family): Record<Role, RoleFit> => ({
    main: roleFit(families[name]?.main),
    partition: roleFit(families[name]?.partition),
    rest: roleFit(families[name]?.rest),
    kernel: roleFit(families[name]?.kernel),
    load: roleFit(families[name]?.load),
  });
  return { ingest: family("ingest"), fetch: family("fetch"), idle: family("idle") };
}
