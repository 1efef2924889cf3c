import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { endOffsets } from "../../bench/load/bench-topic.ts";
import { isAlive } from "../../bench/suite/descendants.ts";
import { SYSTEMS } from "../../bench/systems/index.ts";
import { SYSTEM_NAMES } from "../../bench/systems/system.ts";
import { findTool } from "../../bench/systems/tools.ts";

const { odradek } = SYSTEMS;
const availability = await odradek.find({ install: false });

let scratch = "";
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "odradek-systems-"));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

test("every system of the contract is there, under its name", () => {
  expect(Object.keys(SYSTEMS)).toEqual([...SYSTEM_NAMES]);
  for (const name of SYSTEM_NAMES) expect(SYSTEMS[name].name).toBe(name);
});

describe.skipIf(!availability.available)("odradek", () => {
  test("is killed and started again on the same data", async () => {
    const dataDirectory = join(scratch, "data");
    {
      await using first = await odradek.start({ dataDirectory });
      await first.createTopic("greetings", 3, { "retention.ms": "60000" });
      expect(await endOffsets(first.port, "greetings", 3)).toEqual([0, 0, 0]);
      await first.kill();
    }
    await using second = await odradek.start({ dataDirectory });
    expect(await endOffsets(second.port, "greetings", 3)).toEqual([0, 0, 0]);
    await second.deleteTopic("greetings");
    await second.createTopic("greetings", 1);
  });

  test("its gauges are plausible, and the peak can be reset", async () => {
    await using broker = await odradek.start({ dataDirectory: scratch });
    expect(broker.startMs).toBeGreaterThan(0);
    // As `npx odradek` and `npm start` set it: the bench measures what users run.
    expect(readFileSync(`/proc/${broker.pid}/environ`, "utf8")).toContain("BUN_JSC_heapGrowthFunction");
    expect(broker.residentBytes()).toBeGreaterThan(10e6);
    expect(broker.cpuSeconds()).toBeGreaterThan(0);
    expect(broker.threads()).toBeGreaterThan(1);
    expect(broker.descriptors()).toBeGreaterThan(3);
    broker.resetPeak();
    expect(broker.residentPeakBytes()).toBeGreaterThan(10e6);
    expect(broker.command).toMatch(/^npx odradek start .*-X log\.segment\.delete\.delay\.ms=500$/);
  });

  test("a setting that it does not know fails the start with what it printed", async () => {
    const start = odradek.start({ dataDirectory: scratch, settings: { "no.such.setting": "1" } });
    await expect(start).rejects.toThrow(/no\.such\.setting/);
  });

  test.skipIf(findTool("setpriv") === null)("it dies with the suite, even when that is killed", async () => {
    const index = fileURLToPath(new URL("../../bench/systems/index.ts", import.meta.url));
    const script = `
      const { SYSTEMS } = await import(${JSON.stringify(index)});
      const broker = await SYSTEMS.odradek.start({ dataDirectory: ${JSON.stringify(scratch)} });
      console.log(broker.pid);
      setInterval(() => undefined, 1000);`;
    const suite = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(suite.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    expect(isAlive(pid)).toBe(true);
    suite.kill("SIGKILL");
    await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
  });

  test("a topic that is there already is refused by name", async () => {
    await using broker = await odradek.start({ dataDirectory: scratch });
    await broker.createTopic("twice", 1);
    await expect(broker.createTopic("twice", 1)).rejects.toThrow(/TOPIC_ALREADY_EXISTS/);
  });
});
