import fc from "fast-check";
import { expect, test } from "vitest";
import type { SimulatedFiles } from "../support/simulated-files.ts";
import { Simulation } from "./simulation.ts";

/** Raise it for a long run: about a thousand crash points each. */
const RUNS = Number(process.env.ODRADEK_SIMULATION_RUNS ?? 16);
const STEPS = 120;
const CRASH_ONE_IN = 15;

test("a power loss at any call to the disk takes nothing acknowledged, and the log opens again", () => {
  let crashPoints = 0;
  const startedMs = performance.now();
  const property = fc.property(fc.nat(), (seed) => {
    const simulation = new Simulation(seed, CRASH_ONE_IN);
    simulation.run(STEPS);
    crashPoints += simulation.crashPoints;
  });
  fc.assert(property, { numRuns: RUNS, endOnFailure: true });
  const perSecond = Math.round((crashPoints / (performance.now() - startedMs)) * 1000);
  console.info(`${crashPoints} crash points, ${perSecond} per second`);
  expect(crashPoints).toBeGreaterThan(RUNS * 100);
}, 3_600_000);

test("a seed replays exactly", () => {
  const traces = [1, 2].map(() => {
    const simulation = new Simulation(4711, CRASH_ONE_IN);
    simulation.run(60);
    return simulation.trace;
  });
  expect(traces[0]).toBe(traces[1]);
  expect(traces[0]).not.toBe("");
});

/** What a broken disk or log is caught with, within a few seeds. */
function firstFailure(breakDisk: (disk: SimulatedFiles) => void): string | null {
  for (let seed = 0; seed < 20; seed++) {
    try {
      new Simulation(seed, CRASH_ONE_IN, breakDisk).run(STEPS);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  return null;
}

test("the checker is tested too: a disk whose syncs do nothing is caught", () => {
  const caught = firstFailure((disk) => {
    disk.ignoresSyncs = true;
  });
  expect(caught).toMatch(/acknowledged|damaged|synced/);
});

test("the checker is tested too: a disk whose directory syncs do nothing is caught", () => {
  const caught = firstFailure((disk) => {
    disk.ignoresDirectorySyncs = true;
  });
  expect(caught).toMatch(/acknowledged|damaged|synced/);
});
