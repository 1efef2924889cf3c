import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runControl } from "../../bench/suite/run-control.ts";

let scratch = "";
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "odradek-answers-"));
});
afterEach(() => rmSync(scratch, { recursive: true }));

test.each([1, 3])(
  "answers %i connection(s) with more than a socket holds, and leaves no file",
  async (connections) => {
    const control = { name: "sendfile-answers", blockBytes: 8 << 20, connections } as const;
    const metrics = await runControl(control, 0.2, scratch, AbortSignal.timeout(60_000));
    expect(Object.keys(metrics).sort()).toEqual(["brokerCpuSecondsPerGigabyte", "megabytesPerSecond"]);
    for (const value of Object.values(metrics)) {
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThan(Number.POSITIVE_INFINITY);
    }
    expect(readdirSync(scratch)).toEqual([]);
  },
  70_000,
);
