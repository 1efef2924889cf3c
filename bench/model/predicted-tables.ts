import type { Model } from "./fit.ts";
import { figure, percent, table } from "./markdown.ts";
import { type Prediction, predict } from "./predict.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";
import { simulateScenario } from "./simulate-scenario.ts";

const CORES = [2, 4, 16, 64];
const NETWORK_THREADS = [1, 2, 4, 8];
const CORES_THEN = 16;
const SIMULATED_CORES = [4, 16, 64];
const GAIN_MIN = 1.25;
/** The same scenarios where more main threads are looked at: with partitions enough not to be in the way. */
const PARTITIONS_THEN = 48;
const CLOSED_IN_FLIGHT = 100;

/** What a broker that has the machine for itself can do, and what ends it. */
export function limitTable(model: Model, usableShare: number): string {
  const rows = SCENARIOS.map((scenario) => [
    scenario.name,
    ...CORES.map((cores) => {
      const prediction = predict(model, scenario, { cores, usableShare });
      return `${rateOf(scenario, prediction)}: ${prediction.bottleneck} (main ${percent(prediction.utilisation["main thread"]!)})`;
    }),
  ]);
  return table(["scenario", ...CORES.map((cores) => `${cores} cores`)], rows, CORES.length + 1);
}

/** The plan's gain: main threads that share the connections. */
export function networkThreadTable(model: Model, usableShare: number): string {
  const rows = SCENARIOS.filter(({ idle, partitions }) => idle === undefined && partitions > 1).map(
    (scenario) => {
      const wide = { ...scenario, partitions: Math.max(scenario.partitions, PARTITIONS_THEN) };
      const cells = NETWORK_THREADS.map((networkThreads) => {
        const prediction = predict(model, wide, { cores: CORES_THEN, usableShare, networkThreads });
        return `${rateOf(wide, prediction)}: ${prediction.bottleneck}`;
      });
      const from = paysFrom(model, wide, usableShare);
      const name = scenario.name.replace(/\d+ partitions/, `${wide.partitions} partitions`);
      return [name, from === null ? "–" : `${from} cores`, ...cells];
    },
  );
  const counts = NETWORK_THREADS.map((count) => `${count} main thread${count > 1 ? "s" : ""}`);
  const header = [`scenario, on ${CORES_THEN} cores`, "a second pays from", ...counts];
  return table(header, rows, header.length);
}

/** The fewest cores on which a second main thread brings a quarter more; null: never. */
export function paysFrom(model: Model, scenario: Scenario, usableShare: number): number | null {
  for (let cores = 1; cores <= Math.max(...CORES); cores++) {
    const one = predict(model, scenario, { cores, usableShare });
    const two = predict(model, scenario, { cores, usableShare, networkThreads: 2 });
    if (two.rate >= one.rate * GAIN_MIN) return cores;
  }
  return null;
}

/** Queueing by events, at shares of the predicted limit and in a closed loop. */
export function simulationTable(model: Model): string {
  const scenarios = SCENARIOS.filter(
    ({ ingest, fetch }) => ingest?.batchesPerRequest === 1 && fetch === undefined,
  );
  const rows = scenarios.map((scenario) => [
    scenario.name,
    ...SIMULATED_CORES.map((cores) => {
      const wait = (share: number): string => {
        const { p99WaitSeconds } = simulateScenario(model, scenario, cores, { share }).simulated;
        return (p99WaitSeconds * 1e3).toFixed(2);
      };
      const closed = simulateScenario(model, scenario, cores, { inFlight: CLOSED_IN_FLIGHT });
      const { requestsPerSecond, mainUtilisation, partitionUtilisation } = closed.simulated;
      return (
        `${wait(0.5)} / ${wait(0.8)} ms; ${percent(requestsPerSecond / closed.limitPerSecond)} ` +
        `(main ${percent(mainUtilisation)}, a partition ${percent(partitionUtilisation)})`
      );
    }),
  ]);
  return table(
    ["scenario", ...SIMULATED_CORES.map((cores) => `${cores} cores`)],
    rows,
    1 + SIMULATED_CORES.length,
  );
}

/** In the unit that people ask for. */
function rateOf({ ingest, idle, fetch }: Scenario, prediction: Prediction): string {
  const { rate, bytesInPerSecond, bytesOutPerSecond, requestsPerSecond } = prediction;
  if (idle !== undefined) return `${figure(rate)} consumers`;
  if (ingest === undefined) return `${figure(bytesOutPerSecond / 1e6)} MB/s`;
  if (ingest.batchBytes < 16 * 1024) return `${figure(requestsPerSecond / 1e3)}k requests/s`;
  const out = fetch === undefined ? "" : ` in, ${figure(bytesOutPerSecond / 1e6)} out`;
  return `${figure(bytesInPerSecond / 1e6)} MB/s${out}`;
}
