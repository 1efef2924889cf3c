import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { resultsSchema } from "../../bench/suite/results.ts";
import { repositoryRoot } from "../house/source-tree.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** The suite as its user runs it, in a session of its own so that Ctrl-C reaches all of it and nobody else. */
function startBench(...words: string[]) {
  const child = spawn("npm", ["run", "--silent", "bench", "--", ...words], {
    cwd: repositoryRoot,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text) => {
      printed += text;
    });
  }
  return { child, exited: once(child, "exit"), printed: () => printed };
}

/** A workload short enough for a test; its figures mean nothing. */
const shortRun = (out: string, rounds: number) => {
  const workload = "ingest-1p/1KiB/64KiB/acks=1/4-producers";
  return startBench(
    "--only",
    workload,
    "--rounds",
    `${rounds}`,
    "--seconds",
    "0.5",
    "--warmup",
    "0.5",
    "--out",
    out,
  );
};

const resultsIn = (folder: string) =>
  resultsSchema.parse(JSON.parse(readFileSync(join(folder, "results.json"), "utf8")));

/** Brokers and loads name the folder in their commands. */
const processesOf = (folder: string): string =>
  spawnSync("pgrep", ["-af", folder], { encoding: "utf8" }).stdout.trim();

describe("npm run bench", () => {
  test("measures a workload beside its controls and leaves a page and a file of results", async () => {
    const out = join(temporaryDirectory(), "report");
    const bench = shortRun(out, 2);
    const [code] = await bench.exited;
    expect({ code, printed: bench.printed() }).toMatchObject({ code: 0 });
    const results = resultsIn(out);
    expect(results.isComplete).toBe(true);
    const [workload] = results.workloads;
    expect(workload!.failures).toEqual([]);
    expect(workload!.samples.filter(({ isDropped }) => !isDropped).length).toBeGreaterThan(0);
    for (const { metrics } of workload!.samples) expect(metrics.megabytesPerSecond).toBeGreaterThan(1);
    expect(new Set(workload!.controls.map(({ control }) => control))).toContain("bare-pwrite");
    expect(readFileSync(join(out, "report.html"), "utf8")).toContain(workload!.name);
    expect(bench.printed()).toContain("share of control");

    const same = join(out, "results.json");
    const compared = startBench("--compare", same, "--with", same);
    expect(await compared.exited).toEqual([0, null]);
    expect(compared.printed()).toContain(workload!.name);
  });

  test("leaves a report of what was measured when it is interrupted, and no process", async () => {
    const out = join(temporaryDirectory(), "report");
    const bench = shortRun(out, 100);
    await vi.waitFor(() => expect(bench.printed()).toMatch(/round 2\/100, odradek: \d/), {
      timeout: 120_000,
    });
    process.kill(-bench.child.pid!, "SIGINT");
    await bench.exited;
    const results = resultsIn(out);
    expect(results.isComplete).toBe(false);
    expect(results.workloads[0]!.samples.length).toBeGreaterThan(0);
    expect(existsSync(join(out, "report.html"))).toBe(true);
    await vi.waitFor(() => expect(processesOf(out)).toBe(""), { timeout: 20_000 });
  });

  test("says what is wrong with its command line, and exits with 2", async () => {
    const bench = startBench("--peers", "rabbits");
    expect(await bench.exited).toEqual([2, null]);
    expect(bench.printed()).toContain("rabbits");
  });
});
