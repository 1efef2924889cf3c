import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repositoryRoot } from "../house/source-tree.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const BOOT_LINES_MAX = 8;

describe("npm start", () => {
  test("prints version, data directory, durability, address and the next command in at most 8 lines", async () => {
    const dataDir = join(temporaryDirectory(), "data");
    const { version } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as {
      version: string;
    };
    const npm = spawn("npm", ["start", "--silent", "--", "--data-dir", dataDir, "--listen", "127.0.0.1:0"], {
      cwd: repositoryRoot,
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    let out = "";
    npm.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    const exited = once(npm, "exit");
    await expect.poll(() => out, { timeout: 30_000 }).toMatch(/127\.0\.0\.1:\d+[\s\S]*\n/);
    // The group holds npm, its shell and the broker that this test started.
    process.kill(-npm.pid!, "SIGTERM");
    await exited;
    const lines = out.trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(BOOT_LINES_MAX);
    expect(out).toContain(version);
    expect(out).toContain(dataDir);
    expect(out).toMatch(/fdatasync/);
    expect(out).toMatch(/kcat|odradek/);
  });
});
