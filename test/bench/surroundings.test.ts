import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { chooseWorkloads } from "../../bench/suite/choose.ts";
import { descendantsOf, isAlive } from "../../bench/suite/descendants.ts";
import { fileSystemOf } from "../../bench/suite/machine.ts";
import { ROUNDS_SHORT } from "../../bench/suite/options.ts";
import { PageCacheFiller } from "../../bench/suite/page-cache-filler.ts";
import { duration, TerminalProgress } from "../../bench/suite/progress.ts";
import { expectedSecondsOfAll } from "../../bench/suite/schedule.ts";
import { settle } from "../../bench/suite/settle.ts";
import { SYSTEM_NAMES } from "../../bench/systems/system.ts";
import { WORKLOADS } from "../../bench/workloads/index.ts";
import { KeptStream } from "../cli/cli-harness.ts";

describe("the registry", () => {
  const short = { peers: [], only: [], isFull: false, rounds: null, roundsDefault: ROUNDS_SHORT };

  test("has a short suite of at most ten minutes", () => {
    const timing = { seconds: 2, warmupSeconds: 2, peerWarmupSeconds: 60 };
    expect(expectedSecondsOfAll(chooseWorkloads(WORKLOADS, short), timing)).toBeLessThanOrEqual(600);
  });

  test("has unique names that begin with their family", () => {
    const names = WORKLOADS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(WORKLOADS.filter(({ name, family }) => !name.startsWith(family))).toEqual([]);
    expect(WORKLOADS.filter(({ systems }) => systems.some((name) => !SYSTEM_NAMES.includes(name)))).toEqual(
      [],
    );
  });
});

describe("settle()", () => {
  test("waits until little is left to write back", async () => {
    const dirty = [90e6, 60e6, 10e6];
    const settled = await settle(new AbortController().signal, () => dirty.shift()!);
    expect(settled).toMatchObject({ dirtyBytes: 10e6, isUnsettled: false });
  });

  test("gives up at its bound, and at once when interrupted", async () => {
    const signal = new AbortController().signal;
    expect(await settle(signal, () => 90e6, 50)).toMatchObject({ dirtyBytes: 90e6, isUnsettled: true });
    expect((await settle(AbortSignal.abort(), () => 90e6)).waitedMs).toBeLessThan(1000);
  });
});

describe("progress", () => {
  test("is one plain line for each sample when nobody watches", () => {
    const stream = new KeptStream(false);
    const progress = new TerminalProgress(stream, 100);
    progress.workload("ingest/a", 0, 2);
    progress.step("odradek", 0, 5);
    progress.note("is busy");
    progress.measured(123.4, null);
    progress.stepDone(10);
    progress.measured(0.512, 0.07);
    progress.failed("no disk");
    progress.end();
    expect(stream.text).toBe(
      [
        "1/2 ingest/a, round 1/5, odradek: 123",
        "1/2 ingest/a, round 1/5, odradek: 0.51, dropped: 7.0 % steal",
        "1/2 ingest/a, round 1/5, odradek: failed: no disk",
        "",
      ].join("\n"),
    );
  });

  test("is one line with a bar and the time left on a terminal", () => {
    const stream = new KeptStream(true);
    let nowMs = 0;
    const progress = new TerminalProgress(stream, 100, () => nowMs);
    progress.workload("ingest/a", 0, 2);
    progress.step("odradek", 0, 5);
    nowMs = 50_000;
    progress.stepDone(25);
    const drawn = stream.text.split("\r\x1b[2K").at(-1);
    expect(drawn).toBe(
      `${"█".repeat(5)}${"░".repeat(15)} 50 s, 2:30 left  1/2, round 1/5, odradek  ingest/a`,
    );
    progress.end();
    expect(stream.text).not.toContain("\n");
    expect(stream.text.endsWith("\r\x1b[2K")).toBe(true);
  });

  test("durations", () => {
    expect([59.6, 45, 185, 3729].map(duration)).toEqual(["1:00", "45 s", "3:05", "1:02:09"]);
  });
});

test("the file system of a folder is that of the deepest mount above it", () => {
  const mountinfo = [
    "1 0 8:1 / / rw - ext4 /dev/sda1 rw",
    "2 1 0:2 / /tmp rw - tmpfs tmpfs rw",
    "3 1 0:3 / /tmp\\040x rw - xfs /dev/sdb rw",
    "",
  ].join("\n");
  expect(fileSystemOf("/srv/data", mountinfo)).toBe("ext4");
  expect(fileSystemOf("/tmp/bench", mountinfo)).toBe("tmpfs");
  expect(fileSystemOf("/tmp x/bench", mountinfo)).toBe("xfs");
  expect(fileSystemOf("/tmpfoo", mountinfo)).toBe("ext4");
  expect(fileSystemOf("/", "")).toBe("unknown");
});

test.runIf(process.platform === "linux")(
  "processes below this one are found, and the ended are dead",
  async () => {
    const child = spawn("sh", ["-c", "sleep 60 & echo started; wait"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    await once(child.stdout, "data");
    const below = descendantsOf();
    expect(below).toContain(child.pid!);
    expect(descendantsOf(child.pid!)).toHaveLength(1);
    expect(isAlive(child.pid!)).toBe(true);
    for (const pid of [...descendantsOf(child.pid!), child.pid!]) process.kill(pid, "SIGKILL");
    await once(child, "exit");
    expect(isAlive(child.pid!)).toBe(false);
  },
);

describe("PageCacheFiller", () => {
  test("reads holes until little memory is free, from its file over and over, and stops when interrupted", async () => {
    const folder = mkdtempSync(join(tmpdir(), "odradek-bench-"));
    try {
      let free = 1e9 + 20 * 2 ** 20;
      const signal = new AbortController().signal;
      await using filler = await PageCacheFiller.create(folder, () => (free -= 4 * 2 ** 20), 32 * 2 ** 20);
      expect(await filler.fill(signal)).toBe(16 * 2 ** 20);
      expect(await filler.fill(signal)).toBe(0);
      // Half the file at most, wherever it stands in it.
      free = Number.MAX_SAFE_INTEGER;
      for (let round = 0; round < 3; round++) expect(await filler.fill(signal)).toBe(16 * 2 ** 20);
      expect(await filler.fill(AbortSignal.abort())).toBe(0);
      await filler.release();
      expect(await filler.fill(signal)).toBe(16 * 2 ** 20);
      expect(statSync(join(folder, "holes")).blocks).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
