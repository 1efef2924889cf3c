import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readmeTable } from "../../bench/report/readme-table.ts";
import { withBenchTable } from "../../bench/report/update-readme.ts";
import { writeReport } from "../../bench/report/write-report.ts";
import { exampleResults, threeRounds } from "./report-example.ts";

describe("the README table", () => {
  test("has medians, per-round ratios and the share of the control", () => {
    const workload = threeRounds();
    for (const sample of workload.samples) {
      const brokerCpuSecondsPerGigabyte = sample.system === "kafka" ? 4 : 1.5;
      sample.metrics = { ...sample.metrics, brokerCpuSecondsPerGigabyte };
    }
    const table = readmeTable(exampleResults({ workloads: [workload] }));
    expect(table).toContain("| workload | Odradek | Kafka | ÷ Kafka (min–max) | share of the control |");
    expect(table).toContain(
      "| ingest-1p/64KiB, MB/s ↑, page cache | 200 | 100 | 2.00× (0.50–3.00) | 50 % | 1.50 / 4.00 |",
    );
    expect(table).toContain("Measured on 2026-11-22 on Example CPU guest, 2 cores, 24 GiB, ext4");
    expect(table).toContain("by `npm run bench -- --rounds 3`");
    expect(table).toContain("medians of 3 rounds");
    expect(table).toContain("Odradek is behind in no row.");
    expect(table).not.toContain("Partial");
  });

  test("has the share of each control where there are several", () => {
    const workload = threeRounds();
    const second = { control: "bare-pwrite", blockBytes: 65_536, metrics: { megabytesPerSecond: 250 } };
    workload.controls.push({ ...second, round: 1 }, { ...second, round: 2 });
    const table = readmeTable(exampleResults({ workloads: [workload] }));
    expect(table).toContain("| 50 % of bare-tcp, 100 % of bare-pwrite |");
  });

  test("names the rows where Odradek is behind, and a partial run", () => {
    const workload = threeRounds();
    for (const sample of workload.samples) sample.system = sample.system === "kafka" ? "odradek" : "kafka";
    const table = readmeTable(exampleResults({ workloads: [workload], isComplete: false }));
    expect(table).toContain("- ingest-1p/64KiB: MB/s 0.50× (0.33–2.00, the rounds disagree) of Kafka");
    expect(table).toContain("**Partial run:**");
  });

  test("a hostile name stays in its cell", () => {
    const table = readmeTable(exampleResults({ workloads: [threeRounds({ name: "a|b\n<b>*c*`" })] }));
    expect(table).toContain("| a\\|b &lt;b>\\*c\\*\\`, MB/s");
  });

  test("a run without samples says so", () => {
    expect(readmeTable(exampleResults())).toMatch(/^Nothing was measured/);
  });
});

describe("withBenchTable", () => {
  const begin = "<!-- bench:begin -->";
  const end = "<!-- bench:end -->";

  test("replaces what stands between the markers, again and again", () => {
    const once = withBenchTable(`a\n${begin}\nold\n${end}\nb\n`, "$& new\n");
    expect(once).toBe(`a\n${begin}\n$& new\n${end}\nb\n`);
    expect(withBenchTable(once, "$& new\n")).toBe(once);
  });

  test.each(["nothing", begin, end, `${end}\n${begin}`])(
    "without a pair of markers, says what to add: %s",
    (text) => {
      expect(() => withBenchTable(text, "x")).toThrow(
        /add these two lines[\s\S]*bench:begin[\s\S]*bench:end/,
      );
    },
  );

  test("two pairs are an error", () => {
    expect(() => withBenchTable(`${begin}${end}${begin}${end}`, "x")).toThrow(/more than once/);
  });
});

describe("writeReport", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "odradek-report-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("renders an old run again beside its file", () => {
    const path = join(folder, "results.json");
    writeFileSync(path, JSON.stringify(exampleResults({ workloads: [threeRounds()] })));
    expect(writeReport(path)).toBe(join(folder, "report.html"));
    expect(readFileSync(join(folder, "report.html"), "utf8")).toContain("ingest-1p/64KiB");
  });

  test("says which file is wrong, and why", () => {
    const path = join(folder, "results.json");
    writeFileSync(path, "{}");
    expect(() => writeReport(path)).toThrow(/results\.json is not a results file[\s\S]*format/);
    writeFileSync(path, "no JSON");
    expect(() => writeReport(path)).toThrow(/results\.json cannot be read as JSON/);
  });
});
