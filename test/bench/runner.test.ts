import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { MeasureContext, ProcessContext, Workload } from "../../bench/suite/workload.ts";
import { FakeSuite, loadWorkload } from "./fakes.ts";

const QUICK = ["--seconds", "0.01", "--peer-warmup", "0"];

/** A workload that says who was measured and gives 100, 101, … MB/s. */
function counting(suite: FakeSuite, name: string, more = {}) {
  let value = 100;
  return loadWorkload(
    name,
    ({ broker }: MeasureContext) => {
      suite.events.push(`measure ${broker.system.name}`);
      return { metrics: { megabytesPerSecond: value++ } };
    },
    more,
  );
}

describe("the order of a run", () => {
  test("is A B B A, controls included, on brokers that stay up", async () => {
    const suite = new FakeSuite();
    const controls = [{ name: "bare-tcp", blockBytes: 1 }] as const;
    const { code, results } = await suite.run(
      [counting(suite, "ingest/a", { controls })],
      ...["--peers", "kafka", "--rounds", "2", ...QUICK],
    );
    expect(code).toBe(0);
    expect(suite.events).toEqual([
      ...["start odradek {}", "start kafka {}"],
      ...["control bare-tcp", "measure odradek", "delete odradek", "measure kafka", "delete kafka"],
      ...["measure kafka", "delete kafka", "measure odradek", "delete odradek", "control bare-tcp"],
      ...["stop odradek", "stop kafka"],
    ]);
    const order = results!.workloads[0]!.samples.map(({ system, round, order }) => [system, round, order]);
    expect(order).toEqual([
      ["odradek", 0, 0],
      ["kafka", 0, 1],
      ["kafka", 1, 2],
      ["odradek", 1, 3],
    ]);
  });

  test("restarts a broker only for other settings, of which those of one family are put together", async () => {
    const suite = new FakeSuite();
    const settings = { odradek: { "write.caching": "true" } };
    const { results } = await suite.run(
      [
        counting(suite, "ingest/a"),
        counting(suite, "ingest/b", { settings }),
        counting(suite, "ingest/c"),
        counting(suite, "latency/d"),
      ],
      ...["--rounds", "1", ...QUICK],
    );
    expect(results!.workloads.map(({ name }) => name)).toEqual([
      "ingest/a",
      "ingest/c",
      "ingest/b",
      "latency/d",
    ]);
    expect(suite.events.filter((event) => event.startsWith("start"))).toEqual([
      "start odradek {}",
      'start odradek {"write.caching":"true"}',
      "start odradek {}",
    ]);
  });

  test("a peer that has just started is put under load that nobody counts", async () => {
    const suite = new FakeSuite();
    const { results } = await suite.run(
      [counting(suite, "ingest/a")],
      ...["--peers", "kafka", "--rounds", "1", "--peer-warmup", "25"],
    );
    expect(suite.events.filter((event) => event === "measure kafka")).toHaveLength(3 + 1);
    expect(results!.workloads[0]!.samples).toHaveLength(2);
  });

  test("a process workload gets the machine to itself, and what it starts is stopped", async () => {
    const suite = new FakeSuite();
    const starts: Workload = {
      ...loadWorkload("start/a", () => ({ metrics: {} })),
      kind: "process",
      measure: async ({ start, scratch }: ProcessContext) => {
        await start({ dataDirectory: scratch });
        throw new Error("it gave up");
      },
    };
    const { code } = await suite.run([counting(suite, "ingest/a"), starts], "--rounds", "1", ...QUICK);
    expect(suite.events.slice(-3)).toEqual(["stop odradek", "start odradek {}", "stop odradek"]);
    expect(code).toBe(1);
  });
});

describe("steal", () => {
  test("over the limit drops the sample, which is tried once more", async () => {
    const suite = new FakeSuite();
    suite.steals.push(0.2, 0.01, 0.3, 0.4);
    const { results, stdout } = await suite.run([counting(suite, "ingest/a")], "--rounds", "2", ...QUICK);
    const samples = results!.workloads[0]!.samples.map(({ round, isDropped, steal }) => [
      round,
      isDropped,
      steal,
    ]);
    expect(samples).toEqual([
      [0, true, 0.2],
      [0, false, 0.01],
      [1, true, 0.3],
      [1, true, 0.4],
    ]);
    expect(stdout).toContain("101 (101–101) MB/s");
    expect(stdout).toContain("dropped: ingest/a, odradek, round 2: 40.0 % steal");
  });

  test("over the limit drops a control too", async () => {
    const suite = new FakeSuite();
    suite.steals.push(0.2);
    const controls = [{ name: "bare-tcp", blockBytes: 1 }];
    const { results } = await suite.run([counting(suite, "a", { controls })], "--rounds", "1", ...QUICK);
    expect(results!.workloads[0]!.controls.map(({ isDropped }) => isDropped)).toEqual([true, false]);
  });
});

describe("failures", () => {
  test("are recorded and the run goes on", async () => {
    const suite = new FakeSuite();
    let calls = 0;
    const fails = loadWorkload("ingest/a", () => {
      if (++calls === 1) throw new Error("the disk is full");
      return { metrics: { megabytesPerSecond: 1 } };
    });
    const { code, results, stdout } = await suite.run(
      [fails, counting(suite, "ingest/b")],
      ...["--rounds", "2", ...QUICK],
    );
    const [first, second] = results!.workloads;
    expect(first!.failures).toEqual([{ system: "odradek", round: 0, message: "the disk is full" }]);
    expect(first!.samples).toHaveLength(1);
    expect(second!.samples).toHaveLength(2);
    expect(results!.isComplete).toBe(true);
    expect(stdout).toContain("failed: ingest/a, odradek, round 1: the disk is full");
    expect(code).toBe(1);
  });

  test("a broker that died is started again", async () => {
    const suite = new FakeSuite();
    suite.systems.odradek.pids.push(spawnSync("true").pid);
    const { results } = await suite.run([counting(suite, "ingest/a")], "--rounds", "1", ...QUICK);
    expect(suite.events.slice(0, 3)).toEqual(["start odradek {}", "stop odradek", "start odradek {}"]);
    expect(results!.workloads[0]!.samples).toHaveLength(1);
  });

  test("a broker that does not start fails its rounds, a few times by trying", async () => {
    const suite = new FakeSuite();
    suite.systems.kafka.startFailure = "no Java";
    const { code, results } = await suite.run(
      [counting(suite, "ingest/a")],
      ...["--peers", "kafka", "--rounds", "4", ...QUICK],
    );
    const { failures, samples } = results!.workloads[0]!;
    expect(failures.map(({ message }) => message)).toEqual([
      "no Java",
      "no Java",
      ...Array(2).fill("kafka did not start 3 times and is not tried again"),
    ]);
    expect(samples).toHaveLength(4);
    expect(code).toBe(1);
  });

  test("an unsettled disk is remarked on the sample that follows", async () => {
    const suite = new FakeSuite();
    suite.dirtyBytes = 812e6;
    const { results } = await suite.run([counting(suite, "ingest/a")], "--rounds", "1", ...QUICK);
    expect(results!.workloads[0]!.samples[0]!.remarks[0]).toContain("began with 812 MB not yet written back");
  });
});

test("Ctrl-C leaves what was measured, without the sample that it cut short, and no data", async () => {
  const suite = new FakeSuite();
  let calls = 0;
  const workload = loadWorkload("ingest/a", ({ signal }) => {
    if (++calls < 3) return { metrics: { megabytesPerSecond: 100 } };
    suite.interruption.abort(new Error("interrupted"));
    signal.throwIfAborted();
    return { metrics: {} };
  });
  const { code, results, stderr, out } = await suite.run([workload], "--rounds", "5", ...QUICK);
  expect(code).toBe(130);
  expect(results!.isComplete).toBe(false);
  expect(results!.workloads[0]!.samples).toHaveLength(2);
  expect(results!.workloads[0]!.failures).toEqual([]);
  expect(await Bun.file(`${out}/report.html`).text()).toContain("complete: false");
  expect(stderr).toContain("interrupted");
  expect(suite.systems.odradek.running).toBe(0);
  expect(readdirSync(out).sort()).toEqual(["report.html", "results.json"]);
});

test("results are on disk after every sample", async () => {
  const suite = new FakeSuite();
  const seen: number[] = [];
  const workload = loadWorkload("ingest/a", async () => {
    const file = Bun.file(`${suite.folder}/out/results.json`);
    if (await file.exists()) seen.push((await file.json()).workloads[0].samples.length);
    return { metrics: { megabytesPerSecond: 1 } };
  });
  await suite.run([workload], "--rounds", "3", ...QUICK);
  expect(seen).toEqual([1, 2]);
});

test("a workload sees the medians of the ones before it", async () => {
  const suite = new FakeSuite();
  const seen: unknown[] = [];
  const later = loadWorkload("latency/b", ({ earlier }) => {
    seen.push(earlier("ingest/a", "odradek"), earlier("ingest/a", "kafka"));
    return { metrics: {} };
  });
  await suite.run([counting(suite, "ingest/a"), later], "--rounds", "3", ...QUICK);
  expect(seen.slice(0, 2)).toEqual([{ megabytesPerSecond: 101 }, undefined]);
});
