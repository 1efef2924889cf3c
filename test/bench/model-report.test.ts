import { describe, expect, test } from "vitest";
import { fitModel } from "../../bench/model/fit.ts";
import type { ModelData } from "../../bench/model/model-data.ts";
import { paysFrom } from "../../bench/model/predicted-tables.ts";
import { sectionsOf, withSections } from "../../bench/model/report.ts";
import { startThreadGauge } from "../../bench/model/thread-gauge.ts";
import { experimentOf, modelOf } from "./model-example.ts";

const rows = [
  { requests: 100_000, bytes: 1e8, wakeUps: 90_000 },
  { requests: 80_000, bytes: 1.3e9, wakeUps: 4_000 },
  { requests: 20_000, bytes: 1.3e9, wakeUps: 15_000 },
];
const data: ModelData = {
  format: "odradek-model-1",
  measuredFrom: "2026-01-02T03:01:05.000Z",
  measuredAt: "2026-01-02T03:04:05.000Z",
  command: "a command",
  commits: ["0123456789abcdef"],
  isDirty: false,
  machine: { cpuModel: "a processor", cores: 2, kernel: "a kernel", runtime: "a runtime" },
  experiments: rows.map((row, index) =>
    experimentOf({
      name: `row ${index}`,
      ...row,
      mainSeconds: row.requests * 10e-6 + row.bytes * 0.5e-9,
      isHeldOut: index === 2,
    }),
  ),
  calls: [],
  callsMissing: "perf is not there",
  memory: null,
};

describe("the page's tables", () => {
  const sections = sectionsOf(data);

  test("name the machine, the command and every experiment, held out or not", () => {
    for (const part of ["a processor", "2 cores", "a command", "2026-01-02"])
      expect(sections.measured).toContain(part);
    expect(sections.check).toContain("row 1 |");
    expect(sections.check).toContain("row 2 † |");
  });

  test("say what was not measured, and why", () => {
    expect(sections.calls).toContain("perf is not there");
    expect(sections.calls).toContain("Memory was not measured");
  });

  test("take the place between their markers, again and again", () => {
    const page = "before\n<!-- model:a:begin -->\n<!-- model:a:end -->\nafter\n";
    const once = withSections(page, { a: "first" });
    expect(once).toBe("before\n<!-- model:a:begin -->\nfirst\n<!-- model:a:end -->\nafter\n");
    expect(withSections(once, { a: "second" })).toBe(once.replace("first", "second"));
    expect(() => withSections(page, { b: "" })).toThrow("<!-- model:b:begin -->");
  });
});

test("a second main thread pays only where cores are left for it", () => {
  const model = modelOf({ ingest: { main: { requests: 10e-6 }, partition: { batches: 20e-6 } } });
  const scenario = {
    name: "any",
    partitions: 48,
    ingest: { batchBytes: 1000, batchesPerRequest: 1, inFlight: 1 },
  };
  // A batch takes 30 µs in all: one main thread keeps three cores busy, a quarter more needs 3.75.
  expect(paysFrom(model, scenario, 1)).toBe(4);
  const cheapMain = modelOf({ ingest: { main: { requests: 1e-6 }, partition: { batches: 200e-6 } } });
  expect(paysFrom(cheapMain, scenario, 1)).toBeNull();
});

test("a model of an empty file limits nothing and fails at nothing", () => {
  expect(fitModel({ experiments: [] }).ingest.main.residuals).toEqual([]);
});

test.runIf(process.platform === "linux")("the gauge sees the main thread at work", () => {
  const finish = startThreadGauge(process.pid);
  const untilMs = performance.now() + 60;
  while (performance.now() < untilMs);
  const { main, partition } = finish();
  expect(main.cpuSeconds + main.waitSeconds).toBeGreaterThan(0.02);
  expect(main.threads).toBe(1);
  expect(partition.threads).toBe(0);
});
