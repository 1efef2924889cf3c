import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { Compression } from "../../src/protocol/compression.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import { wireBroker } from "./cli-harness.ts";

const root = join(import.meta.dirname, "../..");
const byBun = [process.execPath, join(root, "src/main.ts")];
const byNode = [realNode(), join(root, "bin/odradek.mjs")];

/** `bun --bun` puts a directory on the path in which `node` is Bun. */
function realNode(): string {
  const directories = process.env
    .PATH!.split(delimiter)
    .filter((directory) => !directory.includes("bun-node"));
  return directories.map((directory) => join(directory, "node")).find((path) => existsSync(path)) ?? "node";
}

function run([program, ...first]: readonly string[], words: readonly string[], env = process.env) {
  const child = spawn(program!, [...first, ...words], { stdio: ["ignore", "pipe", "pipe"], env });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  return { child, text: () => out, ended: once(child, "close") as Promise<[number | null, string | null]> };
}

test.each([
  ["bun src/main.ts", byBun],
  ["bin/odradek.mjs", byNode],
])("%s: version, and exit codes 0, 1 and 2", async (_, program) => {
  const version = run(program, ["--version"]);
  expect(await version.ended).toEqual([0, null]);
  expect(version.text()).toBe(`${manifest.version}\n`);
  expect(await run(program, ["topic", "list", "-b", "127.0.0.1:1"]).ended).toEqual([1, null]);
  expect(await run(program, ["nonsense"]).ended).toEqual([2, null]);
});

test("bin/odradek.mjs passes a signal on, and ends with the code that stands for it", async () => {
  const { server, api } = wireBroker();
  api.topics.add("orders");
  const { child, ended } = run(byNode, ["consume", "orders", "-b", server]);
  await expect.poll(() => api.router.waiting, { timeout: 10_000 }).toBe(1);
  child.kill("SIGTERM");
  expect(await ended).toEqual([143, null]);
  await expect.poll(() => api.router.waiting, { timeout: 10_000 }).toBe(0);
});

const GROWTH = "BUN_JSC_heapGrowthFunctionThresholdInMB";

test.skipIf(!existsSync("/proc/self/environ")).each([
  ["sets the growth of heaps", undefined, "1000000000"],
  ["leaves the growth of heaps that an operator has set", "4096", "4096"],
])("bin/odradek.mjs %s", async (_, operators, expected) => {
  const { server, api } = wireBroker();
  api.topics.add("orders");
  const env = { ...process.env, [GROWTH]: operators };
  const { child, ended } = run(byNode, ["consume", "orders", "-b", server], env);
  await expect.poll(() => api.router.waiting, { timeout: 10_000 }).toBe(1);
  const [bun] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").split(" ");
  const variables = readFileSync(`/proc/${bun}/environ`, "utf8").split("\0");
  expect(variables.filter((variable) => variable.startsWith(GROWTH))).toEqual([`${GROWTH}=${expected}`]);
  child.kill("SIGTERM");
  await ended;
});

test.skipIf(!existsSync("/dev/full")).each([[["config", "show"]], [["dump-log", import.meta.filename]]])(
  "%j: output that cannot be written is a failure",
  async (words) => {
    const full = openSync("/dev/full", "w");
    const [program, ...first] = byBun;
    const child = spawn(program!, [...first, ...words], { stdio: ["ignore", full, "pipe"] });
    let said = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    expect(await once(child, "close")).toEqual([1, null]);
    closeSync(full);
    expect(said).toMatch(/^odradek: standard output cannot be written: the disk is full; .*\n$/);
  },
);

test("a reader that goes away ends consume without an error", async () => {
  const { server, api } = wireBroker();
  const [partition] = api.topics.add("orders").partitions;
  const records = [{ key: null, value: Buffer.alloc(100_000, "x"), headers: [], timestamp: 0 }];
  for (let i = 0; i < 50; i++)
    partition!.append(encodeRecordBatch({ baseOffset: 0, codec: Compression.NONE, records }));
  const { child, ended } = run(byBun, ["consume", "orders", "-b", server]);
  await once(child.stdout, "data");
  child.stdout.destroy();
  expect(await ended).toEqual([0, null]);
});
