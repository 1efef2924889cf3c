import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../../src/cli/program.ts";
import { Compression } from "../../src/protocol/compression.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import { cli, keptIo, wireBroker } from "./cli-harness.ts";

// The client library is loaded when the first command runs: not within the first test's time.
beforeAll(() => import("@platformatic/kafka"));

/** The unhandled ones would end the process. */
const rejections: unknown[] = [];
const keep = (reason: unknown) => rejections.push(reason);
beforeAll(() => void process.on("unhandledRejection", keep));
afterAll(() => {
  process.off("unhandledRejection", keep);
  expect(rejections).toEqual([]);
});

function batch(codec: Compression, values: readonly string[], baseOffset = 0): Uint8Array {
  const records = values.map((value, index) => ({
    key: Buffer.from(`k${index}`),
    value: Buffer.from(value),
    headers: [],
    timestamp: 1_700_000_000_000 + index,
  }));
  return encodeRecordBatch({ baseOffset, codec, records });
}

test("topics are created, listed, described and deleted", async () => {
  const { server } = wireBroker();
  const on = ["-b", server];
  const created = await cli(["topic", "create", "orders", "-p", "3", "-c", "retention.ms=5", ...on]);
  expect(created.stdout).toMatch(/^TOPIC +PARTITIONS +ID\norders +3 +[\w-]{22}\n$/);
  await cli(["topic", "create", "a", "b", ...on]);

  const list = await cli(["topic", "list", "--format", "json", ...on]);
  expect(JSON.parse(list.stdout)).toEqual([
    { name: "a", partitions: 1 },
    { name: "b", partitions: 1 },
    { name: "orders", partitions: 3 },
  ]);
  const description = await cli(["topic", "describe", "orders", "--format", "json", ...on]);
  expect(JSON.parse(description.stdout)).toMatchObject({
    name: "orders",
    config: { "retention.ms": "5" },
    partitions: [{ partition: 0, startOffset: 0, endOffset: 0 }, { partition: 1 }, { partition: 2 }],
  });
  const table = await cli(["topic", "describe", "orders", ...on]);
  expect(table.stdout).toMatch(/^PARTITION +LEADER +EPOCH +REPLICAS +IN SYNC +START +END\n0 /);
  expect(table.stdout).toContain("retention.ms  5");

  expect(await cli(["topic", "delete", "a", "b", ...on], { isTTY: true })).toEqual({
    code: 0,
    stdout: "",
    stderr: "deleted a, b\n",
  });
  expect((await cli(["topic", "list", ...on])).stdout).toBe("TOPIC   PARTITIONS\norders  3\n");
});

test("mistakes are one line and exit code 1", async () => {
  const { server } = wireBroker({ "auto.create.topics.enable": "false" });
  const on = ["-b", server];
  await cli(["topic", "create", "orders", ...on]);
  for (const [words, message] of [
    [["topic", "create", "orders"], "TOPIC_ALREADY_EXISTS: topic 'orders' already exists"],
    [["topic", "create", "x", "-c", "cleanup.policy=compact"], "log compaction is not implemented yet"],
    [["topic", "describe", "none"], "there is no topic 'none': create it with"],
    [["topic", "delete", "none"], "UNKNOWN_TOPIC_OR_PARTITION: there is no topic 'none'"],
    [["consume", "none", "-e"], "there is no topic 'none'"],
    [["produce", "none"], "there is no topic 'none'"],
    [["consume", "orders", "-p", "1", "-e"], "topic 'orders' has no partition 1: it has only partition 0"],
    [["produce", "orders", "-p", "9"], "topic 'orders' has no partition 9"],
    [["consume", "orders", "-o", "5", "-e"], "partition 0 of 'orders' has no offset 5: it is empty"],
  ] as const) {
    const { code, stdout, stderr } = await cli([...words, ...on], { stdin: ["x\n"] });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  }
});

test("nobody at the address: says so at once", async () => {
  const { stderr, code } = await cli(["topic", "list", "-b", "127.0.0.1:1"]);
  expect(code).toBe(1);
  expect(stderr).toContain("no answer from a broker at 127.0.0.1:1 (ECONNREFUSED)");
});

test.each([
  ["all", "none"],
  ["all", "gzip"],
  ["1", "snappy"],
  ["1", "lz4"],
  ["0", "zstd"],
])("what is produced with acks=%s and codec %s is consumed the same", async (acks, codec) => {
  const { server, api } = wireBroker();
  const on = ["-b", server];
  await cli(["topic", "create", "orders", ...on]);
  const lines = Array.from({ length: 2000 }, (_, i) => `k${i % 7}:välue ${i}`);
  const produced = await cli(["produce", "orders", "-K", ":", "--acks", acks, "-z", codec, ...on], {
    stdin: [`${lines.join("\n")}\n`],
  });
  expect(produced).toEqual({ code: 0, stdout: "", stderr: "" });
  await expect.poll(() => api.topics.byName("orders")!.partitions[0]!.fields.endOffset).toBe(2000);
  const consumed = await cli(["consume", "orders", "-e", "-f", "%k:%v", ...on]);
  expect(consumed.stdout.trimEnd().split("\n")).toEqual(lines);
});

test("a key, headers and a partition of the command's own", async () => {
  const { server } = wireBroker();
  const on = ["-b", server];
  await cli(["topic", "create", "orders", "-p", "3", ...on]);
  const words = [
    "produce",
    "orders",
    "-k",
    "me",
    "-H",
    "a=1",
    "-H",
    "a=2",
    "-p",
    "2",
    "--format",
    "json",
    ...on,
  ];
  const produced = await cli(words, { stdin: ["one\n", "two"] });
  expect(JSON.parse(produced.stdout)).toEqual({ topic: "orders", records: 2 });
  const consumed = await cli(["consume", "orders", "-e", "-f", "%p %o %k %v %h", ...on]);
  expect(consumed.stdout).toBe("2 0 me one a=1,a=2\n2 1 me two a=1,a=2\n");
});

test("keys go where Java's producer puts them, and what is short and has no key stays together", async () => {
  const { server } = wireBroker();
  const on = ["-b", server];
  await cli(["topic", "create", "keyed", "loose", "-p", "10", ...on]);
  await cli(["produce", "keyed", "-K", ":", ...on], { stdin: ["foobar:x\n21:x\n"] });
  // murmur2: foobar -790332482, 21 -973932308 (Kafka's UtilsTest), made positive as Kafka does it.
  const keyed = await cli(["consume", "keyed", "-e", "-f", "%k %p", ...on]);
  expect(keyed.stdout.trimEnd().split("\n").sort()).toEqual(["21 0", "foobar 6"]);
  await cli(["produce", "loose", ...on], { stdin: ["a\n", "b\nc"] });
  expect((await cli(["consume", "loose", "-e", ...on])).stdout).toBe("a\nb\nc\n");
});

test("a topic that is not there is made by the first record, where the broker allows it", async () => {
  const { server } = wireBroker();
  expect((await cli(["produce", "new", "-b", server], { stdin: ["x\n"] })).code).toBe(0);
  expect((await cli(["consume", "new", "-e", "-b", server])).stdout).toBe("x\n");
});

test("a failure says how many records were acknowledged before it", async () => {
  const { server, api } = wireBroker();
  const [partition] = api.topics.add("orders").partitions;
  async function* input() {
    yield "one\ntwo\n";
    await expect.poll(() => partition!.fields.endOffset).toBe(2);
    api.router.failures.set(partition!, ErrorCode.MESSAGE_TOO_LARGE);
    yield "three\n";
    // The command ends although its input does not.
    await new Promise(() => undefined);
  }
  const { code, stderr } = await cli(["produce", "orders", "-b", server], { stdin: input() });
  expect(code).toBe(1);
  expect(stderr).toContain(
    "MESSAGE_TOO_LARGE: the batch is larger than the topic's max.message.bytes; 2 records",
  );
});

test("batches of every codec are read, snappy in the framing of Java's clients among them", async () => {
  const { server, api } = wireBroker();
  const [partition] = api.topics.add("orders").partitions;
  const expected: string[] = [];
  for (const codec of Object.values(Compression)) {
    const values = Array.from({ length: 50 }, (_, i) => `${codec}-${i}`);
    partition!.append(batch(codec, values));
    expected.push(...values);
  }
  const consumed = await cli(["consume", "orders", "-e", "-b", server]);
  expect(consumed.stdout.trimEnd().split("\n")).toEqual(expected);
});

test("-o and -c choose records, also within a batch", async () => {
  const { server, api } = wireBroker();
  const [partition] = api.topics.add("orders").partitions;
  partition!.append(batch(Compression.NONE, ["0", "1", "2", "3", "4"]));
  partition!.append(batch(Compression.GZIP, ["5", "6", "7"]));
  const consume = async (...words: string[]) =>
    (await cli(["consume", "orders", "-b", server, ...words])).stdout.trimEnd().split("\n").join(" ");
  expect(await consume("-e", "-o", "3")).toBe("3 4 5 6 7");
  expect(await consume("-e", "-o", "-2")).toBe("6 7");
  expect(await consume("-o", "2", "-c", "4")).toBe("2 3 4 5");
  expect(await consume("-e", "-o", "end")).toBe("");
});

test("without -e, new records are printed as they come", async () => {
  const { server, api } = wireBroker();
  const [partition] = api.topics.add("orders").partitions;
  partition!.append(batch(Compression.NONE, ["old"]));
  const { io, stdout } = keptIo();
  const signals = { on: () => undefined, off: () => undefined, exit: () => undefined };
  const done = runCli(["consume", "orders", "-c", "2", "-b", server], io, signals);
  await once(stdout, "written");
  expect(stdout.text).toBe("old\n");
  partition!.append(batch(Compression.NONE, ["new"]));
  api.router.changed(partition!);
  expect(await done).toBe(0);
  expect(stdout.text).toBe("old\nnew\n");
});

test("retention that overtakes a slow reader is said, and reading goes on at what is left", async () => {
  const { server, api } = wireBroker();
  const [partition] = api.topics.add("orders").partitions;
  partition!.append(batch(Compression.NONE, ["0"]));
  const { io, stdout, stderr } = keptIo();
  const signals = { on: () => undefined, off: () => undefined, exit: () => undefined };
  const done = runCli(["consume", "orders", "-c", "2", "-b", server], io, signals);
  await once(stdout, "written");
  partition!.append(batch(Compression.NONE, ["1", "2"]));
  partition!.append(batch(Compression.NONE, ["3"]));
  partition!.publish({ logStartOffset: 3 });
  api.router.changed(partition!);
  expect(await done).toBe(0);
  expect(stdout.text).toBe("0\n3\n");
  expect(stderr.text).toBe("odradek: offsets 1 to 2 of partition 0 were removed by retention\n");
});

test("an error of the broker while reading is one line", async () => {
  const { server, api } = wireBroker();
  const [partition] = api.topics.add("orders").partitions;
  partition!.append(batch(Compression.NONE, ["x"]));
  api.router.failures.set(partition!, ErrorCode.KAFKA_STORAGE_ERROR);
  expect(await cli(["consume", "orders", "-e", "-b", server])).toEqual({
    code: 1,
    stdout: "",
    stderr: "odradek: the broker answered KAFKA_STORAGE_ERROR for partition 0 of 'orders'\n",
  });
});

test.each([
  [["consume", "a", "-f", "%v", "--format", "json"], "cannot be used with option"],
  [["produce", "a", "-K", ""], "the key delimiter (-K) must not be empty"],
  [["produce", "a", "-z", "brotli"], "Allowed choices are none, gzip, snappy, lz4, zstd"],
  [["produce"], "missing required argument 'topic'"],
  [["topic", "creat", "x"], "unknown command 'creat' (Did you mean create?)"],
])("%j is a usage error", async (words, message) => {
  const { code, stderr } = await cli(words);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
