import { isFitted, type Model } from "./fit.ts";
import { type Experiment, type ModelData, ROLES } from "./model-data.ts";
import { type Prediction, predict } from "./predict.ts";
import type { Scenario } from "./scenarios.ts";
import { simulateShared } from "./simulate-scenario.ts";

/** The machine that was measured, predicted from the coefficients: how good is that? */
export interface Check {
  readonly experiment: Experiment;
  /** By what saturates. */
  readonly prediction: Prediction;
  readonly measuredBytesPerSecond: number;
  /** By what saturates, or by the waiting of the closed loop where that is less. */
  readonly predictedBytesPerSecond: number;
  readonly isWaiting: boolean;
  /** Predicted by measured, less one. */
  readonly error: number;
}

/** Every closed loop of the design, with its generator on the same cores. What waits for the disk is not predicted. */
export function checkModel(model: Model, data: Pick<ModelData, "experiments" | "machine">): Check[] {
  const usableShare = usableShareOf(data);
  return closedLoops(data).map((experiment) => {
    const { kind, batchBytes, connections, inFlight, bytes, requests, requestsPerSecond } = experiment;
    const scenario = scenarioOf(experiment);
    const { cores } = data.machine;
    const prediction = predict(model, scenario, { cores, usableShare, isLoadHere: true });
    const full = kind === "fetch" ? prediction.bytesOutPerSecond : prediction.bytesInPerSecond;
    const { requestsPerSecond: unitsPerSecond } = simulateShared(
      model,
      scenario,
      cores,
      connections * inFlight,
    );
    const waiting = unitsPerSecond * (kind === "fetch" ? bytes / requests : batchBytes);
    const measuredBytesPerSecond = (bytes / requests) * requestsPerSecond;
    const predictedBytesPerSecond = Math.min(full, waiting);
    return {
      experiment,
      prediction,
      measuredBytesPerSecond,
      predictedBytesPerSecond,
      isWaiting: waiting < full,
      error: predictedBytesPerSecond / measuredBytesPerSecond - 1,
    };
  });
}

/**
 * Of the cores' time, what broker, kernel and load together used, where connections kept them busy: the median of the
 * experiments that are not held out. The rest is waiting: halted cores that are woken, threads on the wrong core.
 */
export function usableShareOf({ experiments, machine }: Pick<ModelData, "experiments" | "machine">): number {
  const shares = closedLoops({ experiments })
    .filter((experiment) => isFitted(experiment) && experiment.connections > 1)
    .map(({ use, requests, requestsPerSecond }) => {
      const cpuSeconds = ROLES.reduce((sum, role) => sum + use[role].cpuSeconds, 0);
      return ((cpuSeconds / requests) * requestsPerSecond) / machine.cores;
    })
    .toSorted((a, b) => a - b);
  return Math.min(1, shares[shares.length >> 1] ?? 1);
}

export function scenarioOf(experiment: Experiment): Scenario {
  const { name, kind, partitions, batchBytes, batchesPerRequest, inFlight, bytes, requests } = experiment;
  if (kind === "fetch") return { name, partitions, fetch: { responseBytes: bytes / requests, fanOut: 1 } };
  return { name, partitions, ingest: { batchBytes, batchesPerRequest, inFlight } };
}

function closedLoops({ experiments }: Pick<ModelData, "experiments">): Experiment[] {
  return experiments.filter(({ kind }) => kind === "ingest" || kind === "fetch");
}
