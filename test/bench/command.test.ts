import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readResults } from "../../bench/report/read-results.ts";
import { writeResults } from "../../bench/suite/recorder.ts";
import { resultsSchema } from "../../bench/suite/results.ts";
import { FakeSuite, loadWorkload, resultsOf } from "./fakes.ts";

const workloads = [
  loadWorkload("ingest-1p/64KiB", () => ({ metrics: { megabytesPerSecond: 100 } })),
  loadWorkload("fetch-hot/8MiB", () => ({ metrics: { megabytesPerSecond: 200 } }), { isShort: false }),
  loadWorkload("streams/append", () => ({ metrics: {} }), { systems: ["nats"], isShort: false }),
];

describe("usage errors", () => {
  test.each([
    [["--peers", "kafka,nates"], 'There is no peer "nates"'],
    [["--peers", "odradek"], "Odradek is always measured"],
    [["--only", "ingset"], 'no workload has "ingset" in its name; the families are ingest-1p, fetch-hot'],
    [["--only", "hot", "--only", "ingset"], '"ingset"'],
    [["--full", "--only", "hot"], "leave --full out"],
    [["--rounds", "0"], "whole number from 1 to 100"],
    [["--rounds", "2.5"], "whole number from 1 to 100"],
    [["--seconds", "0"], "more than 0 seconds"],
    [["--seconds", "soon"], "seconds from 0"],
    [["--warmup", "-1"], "seconds from 0"],
    [["--steal-max", "5"], "share from 0 to 1"],
    [["--pin", "left"], "Allowed choices are none, separate"],
    [["--with", "new.json"], "name the older one with --compare"],
    [["--partitions", "4"], "unknown option '--partitions'"],
    [["ingest"], "too many arguments"],
  ])("%j", async (words, message) => {
    const suite = new FakeSuite();
    const { code, stderr, results } = await suite.run(workloads, ...words);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^bench: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect(results).toBeNull();
    expect(suite.events).toEqual([]);
  });

  test("a workload that none of the chosen systems runs is not silently left out", async () => {
    const { code, stderr } = await new FakeSuite().run(workloads, "--only", "streams");
    expect(code).toBe(1);
    expect(stderr).toContain("none of the 1 chosen workloads runs on odradek");
  });

  test("a peer that is not there is an error before anything is measured", async () => {
    const suite = new FakeSuite();
    suite.systems.kafka.missing = "there is no Java; install openjdk-21-jre-headless";
    const { code, stderr } = await suite.run(workloads, "--peers", "kafka");
    expect(code).toBe(1);
    expect(stderr).toContain("kafka cannot be measured: there is no Java; install openjdk-21-jre-headless");
    expect(suite.events).toEqual([]);
  });
});

describe("choosing", () => {
  test.each([
    [[], ["ingest-1p/64KiB"]],
    [["--full"], ["ingest-1p/64KiB", "fetch-hot/8MiB"]],
    [["--only", "HOT"], ["fetch-hot/8MiB"]],
    [
      ["--only", "hot", "--only", "64k"],
      ["ingest-1p/64KiB", "fetch-hot/8MiB"],
    ],
  ])("%j", async (words, names) => {
    const { code, results } = await new FakeSuite().run(workloads, ...words, "--rounds", "1");
    expect(code).toBe(0);
    expect(results!.workloads.map(({ name }) => name)).toEqual(names);
  });

  test("a workload that takes minutes has fewer rounds, unless they are asked for", async () => {
    const slow = loadWorkload("soak/a", () => ({ metrics: {} }), { roundsMax: 2 });
    const byDefault = await new FakeSuite().run([slow]);
    expect(byDefault.results!.workloads[0]!.samples).toHaveLength(2);
    const asked = await new FakeSuite().run([slow], "--rounds", "3");
    expect(asked.results!.workloads[0]!.samples).toHaveLength(3);
  });

  test("--list runs nothing", async () => {
    const suite = new FakeSuite();
    const { code, stdout } = await suite.run(workloads, "--list");
    expect(code).toBe(0);
    expect(stdout).toContain("fetch-hot/8MiB");
    expect(suite.events).toEqual([]);
  });

  test("--help names every option and runs nothing", async () => {
    const { code, stdout } = await new FakeSuite().run(workloads, "--help");
    expect(code).toBe(0);
    for (const name of ["peers", "only", "full", "rounds", "compare", "no-install"])
      expect(stdout).toContain(`--${name}`);
  });
});

describe("results", () => {
  test("come back from their file as they were", () => {
    const { folder } = new FakeSuite();
    const results = resultsOf({ "ingest/a": [1, 2.5, 3] });
    results.workloads[0]!.samples[0]!.curves.push({
      ...{ name: "c", xLabel: "x", yLabel: "y", xScale: "percentile", yScale: "log", points: [[1, 2]] },
    });
    writeResults(join(folder, "results.json"), results);
    expect(readResults(join(folder, "results.json"))).toEqual(results);
  });

  test("of a run fit the schema, with nothing left over", async () => {
    const suite = new FakeSuite();
    const { results } = await suite.run(workloads, "--peers", "kafka", "--rounds", "2", "--peer-warmup", "0");
    expect(resultsSchema.parse(results)).toEqual(results);
    expect(results!.systems.map(({ name, command }) => [name, command])).toEqual([
      ["odradek", "run odradek"],
      ["kafka", "run kafka"],
    ]);
    expect(results!.options).toMatchObject({
      rounds: 2,
      seconds: 3,
      warmupSeconds: 15,
      peerWarmupSeconds: 0,
    });
  });

  test("print as a table with the ratio of each round", async () => {
    const values = { odradek: [100, 120], kafka: [50, 80] };
    const measured = loadWorkload("ingest/a", ({ broker }) => ({
      metrics: { megabytesPerSecond: values[broker.system.name as "kafka"].shift()! },
    }));
    const words = ["--peers", "kafka", "--rounds", "2", "--peer-warmup", "0"];
    const { stdout } = await new FakeSuite().run([measured], ...words);
    expect(stdout).toContain("ratio to kafka");
    expect(stdout).toContain("1.75 (1.50–2.00)");
  });
});

describe("--compare", () => {
  test("shows what changed since an earlier run", async () => {
    const suite = new FakeSuite();
    const old = join(suite.folder, "old.json");
    writeResults(old, resultsOf({ "ingest-1p/64KiB": [50, 51, 52, 53, 54] }));
    const { code, stdout } = await suite.run(workloads, "--compare", old, "--rounds", "3");
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /ingest-1p\/64KiB +odradek +MB\/s +52 \(50–54\) +100 \(100–100\) +\+92\.3 % +better/,
    );
    expect(stdout).toContain("warning: the machine differs");
  });

  test("compares two files and runs nothing", async () => {
    const suite = new FakeSuite();
    const [old, now] = [join(suite.folder, "old.json"), join(suite.folder, "new.json")];
    writeResults(old, resultsOf({ a: [50, 51, 52] }));
    writeResults(now, resultsOf({ a: [50, 51, 52] }));
    const { code, stdout } = await suite.run(workloads, "--compare", old, "--with", now);
    expect(code).toBe(0);
    expect(stdout).toContain("within noise");
    expect(suite.events).toEqual([]);
  });

  test.each([
    ["not there", null],
    ["not JSON", "{"],
    ["not of the suite", '{"format":"other"}'],
  ])("refuses a file that is %s before anything is measured", async (_, text) => {
    const suite = new FakeSuite();
    const old = join(suite.folder, "old.json");
    if (text !== null) writeFileSync(old, text);
    const { code, stderr } = await suite.run(workloads, "--compare", old);
    expect(code).toBe(1);
    expect(stderr).toContain("old.json");
    expect(stderr).toContain("give the results.json of an earlier run");
    expect(suite.events).toEqual([]);
  });
});
