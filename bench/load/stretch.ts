import { cpuSecondsOf } from "./process-cpu.ts";

/** What happened between two moments of a load process. */
export interface StretchFigures {
  readonly seconds: number;
  /** Of the load process. */
  readonly cpuSeconds: number;
  /** Of the broker, when its process id is known. */
  readonly brokerCpuSeconds?: number;
}

/** Starts the measured stretch; the returned function ends it. The load itself looks, so that nothing lies between. */
export function startStretch(brokerPid: number | undefined): () => StretchFigures {
  const brokerBefore = brokerPid === undefined ? 0 : cpuSecondsOf(brokerPid);
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  return () => {
    const seconds = (performance.now() - startedMs) / 1000;
    const { user, system } = process.cpuUsage(cpuBefore);
    const figures = { seconds, cpuSeconds: (user + system) / 1e6 };
    if (brokerPid === undefined) return figures;
    return { ...figures, brokerCpuSeconds: cpuSecondsOf(brokerPid) - brokerBefore };
  };
}
