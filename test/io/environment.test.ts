import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { libc } from "../../src/io/libc.ts";
import { outputOf } from "./subprocess.ts";
import { temporaryDirectories } from "./temporary-directory.ts";

const directory = temporaryDirectories();

/**
 * Blocks BLOCKED threads of Bun's pool, each in an open(2) of a fifo that nobody writes to, and says whether a
 * background sync gets through beside them. Then lets them go. Starts as the broker's entry file has to.
 */
const PROGRAM = `
  const { raiseThreadPoolSize } = require("@io/environment.ts");
  const { DIRECTORY, BLOCKED, POOL, WAIT_MS } = process.env;
  if (POOL !== undefined) console.log(raiseThreadPoolSize(Number(POOL)));
  const { closeSync, open, openSync, writeSync, constants } = await import("node:fs");
  const { syncInBackground } = await import("@io/async-sync.ts");
  const fifo = DIRECTORY + "/fifo";
  const opened = [];
  for (let i = 0; i < Number(BLOCKED); i++) {
    opened.push(new Promise((resolve) => open(fifo, "r", (_error, fd) => resolve(fd))));
  }
  const fd = openSync(DIRECTORY + "/data", "w");
  writeSync(fd, "bytes");
  const sync = syncInBackground(fd);
  console.log(await Promise.race([sync, Bun.sleep(Number(WAIT_MS)).then(() => "blocked")]));
  const writer = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  for (const reader of await Promise.all(opened)) closeSync(reader);
  closeSync(writer);
  console.log(await sync);
  process.exit(0);
`;

function withFifo(environment: Record<string, string>): Promise<string> {
  const path = directory();
  execFileSync("mkfifo", [join(path, "fifo")]);
  return outputOf(PROGRAM, { DIRECTORY: path, ...environment });
}

describe.skipIf(libc() === null)("raiseThreadPoolSize()", () => {
  test("lets a sync through while 32 other disk calls hang", async () => {
    const output = await withFifo({ BLOCKED: "32", POOL: "64", WAIT_MS: "20000" });
    expect(output.split("\n")).toEqual(["raised", "null", "null"]);
  });

  test("is what makes the difference: in a pool of two, hanging calls hold a sync up", async () => {
    const output = await withFifo({ BLOCKED: "32", WAIT_MS: "300", UV_THREADPOOL_SIZE: "2" });
    expect(output.split("\n")).toEqual(["blocked", "null"]);
  });

  test("leaves an operator's own value alone", async () => {
    const output = await withFifo({ BLOCKED: "8", POOL: "64", WAIT_MS: "300", UV_THREADPOOL_SIZE: "2" });
    expect(output.split("\n")).toEqual(["operator", "blocked", "null"]);
  });

  test("says when it comes too late, because a module was imported before", async () => {
    const source = `import { raiseThreadPoolSize } from "@io/environment.ts"; console.log(raiseThreadPoolSize(64));`;
    expect(await outputOf(source)).toBe("too-late");
  });
});

test("without glibc raiseThreadPoolSize() says that it cannot", async () => {
  const source = `import { raiseThreadPoolSize } from "@io/environment.ts"; console.log(raiseThreadPoolSize(8));`;
  expect(await outputOf(source, { ODRADEK_PORTABLE_IO: "1" })).toBe("unavailable");
});
