import { describe, expect, test } from "vitest";
import { htmlReport } from "../../bench/report/html-report.ts";
import { markup } from "../../bench/report/markup.ts";
import type { Results } from "../../bench/suite/results.ts";
import { exampleResults, exampleSample, exampleWorkload, threeRounds } from "./report-example.ts";

const HOSTILE = `<script>alert("1")</script>&'><img src=x onerror=y>\u0000`;

const VOID_TAGS = new Set(["meta", "br", "img", "link", "hr"]);

/** The tags that do not close, close twice or cross; and attributes that end early. */
function markupProblems(page: string): string[] {
  const problems: string[] = [];
  const open: string[] = [];
  const body = page.replace(/<style>[^<]*<\/style>/, "").replace("<!DOCTYPE html>", "");
  for (const [tag, slash, name, attributes, selfClosing] of body.matchAll(
    /<(\/?)([A-Za-z0-9]+)((?:\s+[a-zA-Z][a-zA-Z0-9-]*(?:="[^"<>]*")?)*)\s*(\/?)>/g,
  )) {
    if (slash === "/") {
      if (open.pop() !== name) problems.push(`${tag} closes nothing`);
    } else if (selfClosing === "" && !VOID_TAGS.has(name!)) open.push(name!);
    if (/NaN|undefined|Infinity|\[object/.test(attributes ?? "")) problems.push(`${tag} has a bad value`);
  }
  const rest = body.replace(
    /<(\/?)([A-Za-z0-9]+)((?:\s+[a-zA-Z][a-zA-Z0-9-]*(?:="[^"<>]*")?)*)\s*(\/?)>/g,
    "",
  );
  if (/[<>]/.test(rest)) problems.push(`a stray bracket: ${rest.slice(rest.search(/[<>]/)).slice(0, 60)}`);
  return [...problems, ...open.map((name) => `${name} stays open`)];
}

function ids(page: string): string[] {
  return [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);
}

const SECTIONS = ["ratios", "throughput", "latency", "cpu", "memory", "scaling", "figures", "method"];
const sectionsOf = (page: string): string[] => SECTIONS.filter((id) => page.includes(`<section id="${id}"`));

function fullResults(name = "everything"): Results {
  const curves = (y: number) => [
    {
      name: `${name} 50 %`,
      xLabel: "percentile",
      yLabel: "latency, ms",
      xScale: "percentile" as const,
      yScale: "log" as const,
      points: [50, 90, 99, 100].map((x): [number, number] => [x, y * x]),
    },
    {
      name: `${name} RSS`,
      xLabel: name,
      yLabel: name,
      xScale: "linear" as const,
      yScale: "linear" as const,
      points: [[0, 0] as [number, number], [5, y] as [number, number]],
    },
  ];
  const workload = threeRounds({ name: `${name}/a`, family: name, description: name });
  for (const [index, sample] of workload.samples.entries()) {
    sample.curves = curves(index + 1);
    sample.remarks = [name];
    sample.metrics = {
      ...sample.metrics,
      brokerCpuSecondsPerGigabyte: 1 + index,
      residentMegabytes: 50 + index,
      residentPeakMegabytes: 60 + index,
    };
  }
  workload.failures = [{ system: "redis", round: 1, message: name }];
  workload.controlFailures = [{ control: name, round: 1, message: name }];
  workload.settings = { kafka: { [name]: name } };
  const results = exampleResults({ workloads: [workload], command: name, commit: name });
  results.systems[0]!.command = name;
  results.machine.cpuModel = name;
  return results;
}

describe("the HTML report", () => {
  test("is well-formed, has every section and no id twice", () => {
    const page = htmlReport(fullResults());
    expect(markupProblems(page)).toEqual([]);
    expect(sectionsOf(page)).toEqual(SECTIONS);
    expect(new Set(ids(page)).size).toBe(ids(page).length);
  });

  test("needs nothing from outside and no scripts", () => {
    const page = htmlReport(fullResults());
    expect(page).not.toMatch(/<script|<link|<img|src=|url\(|@import|https?:/);
  });

  test("every chart has a title and a description", () => {
    const page = htmlReport(fullResults());
    const charts = [...page.matchAll(/<svg class="chart[^>]*aria-labelledby="(\S+) (\S+)"/g)];
    expect(charts.length).toBeGreaterThanOrEqual(6);
    for (const [, title, description] of charts) {
      expect(page).toMatch(new RegExp(`<title id="${title}">[^<]+</title>`));
      expect(page).toMatch(new RegExp(`<desc id="${description}">[^<]+</desc>`));
    }
  });

  test("hostile names stay text", () => {
    const page = htmlReport(fullResults(HOSTILE));
    expect(page).not.toContain("<script");
    expect(page).not.toContain("<img");
    expect(page).not.toContain("\u0000");
    expect(markupProblems(page)).toEqual([]);
  });

  test("a section without data is not there", () => {
    expect(sectionsOf(htmlReport(exampleResults()))).toEqual(["method"]);
    const startOnly = exampleWorkload({
      headline: "startMs",
      samples: [exampleSample({ metrics: { startMs: 60 } })],
    });
    expect(sectionsOf(htmlReport(exampleResults({ workloads: [startOnly] })))).toEqual(["figures", "method"]);
    expect(sectionsOf(htmlReport(exampleResults({ workloads: [threeRounds()] })))).toEqual([
      "ratios",
      "throughput",
      "figures",
      "method",
    ]);
  });

  test("a workload that only failed, or whose samples were all dropped, is shown as such", () => {
    const failed = exampleWorkload({ failures: [{ system: "kafka", round: 1, message: "no port is free" }] });
    expect(htmlReport(exampleResults({ workloads: [failed] }))).toContain("no port is free");
    const dropped = threeRounds();
    for (const sample of dropped.samples) sample.isDropped = true;
    const page = htmlReport(exampleResults({ workloads: [dropped] }));
    expect(page).toContain("Dropped, not in the medians: Kafka, round 3, steal 1.0 %: MB/s 200");
    expect(page).toContain("6 of 6 samples dropped");
    expect(markupProblems(page)).toEqual([]);
  });

  test("a partial run has a banner, a complete one has not", () => {
    expect(htmlReport(exampleResults())).not.toContain("Partial run");
    expect(htmlReport(exampleResults({ isComplete: false }))).toMatch(/class="banner"[^>]*>Partial run/);
  });

  test("the figures are those of the samples", () => {
    const page = htmlReport(exampleResults({ workloads: [threeRounds()] }));
    expect(page).toContain(`<td>200 <span class="range">(100–300)</span></td>`);
    expect(page).toContain(`≈ 2.00× <span class="range">(0.50–3.00)</span>`);
    expect(page).toContain(`<td>50 % <span class="range">(25 %–75 %)</span></td>`);
  });
});

describe("markup", () => {
  test("escapes values, keeps markup, joins lists and leaves out what is absent", () => {
    const inner = markup`<b>${"<&"}</b>`;
    expect(markup`<p title="${`"'`}">${[inner, 1, null, undefined, false]}</p>`.text).toBe(
      `<p title="&quot;&#39;"><b>&lt;&amp;</b>1</p>`,
    );
  });
});
