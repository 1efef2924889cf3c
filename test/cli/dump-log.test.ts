import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { OffsetIndex } from "../../src/log/offset-index.ts";
import { TimeIndex } from "../../src/log/time-index.ts";
import { Compression } from "../../src/protocol/compression.ts";
import { recordBatch } from "../../src/protocol/record-batch.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import { cli } from "./cli-harness.ts";

const BASE = "00000000000000000100";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "odradek-dump-"));
});
afterEach(() => rm(directory, { recursive: true }));

async function dump(suffix: string, content: Uint8Array, ...words: string[]) {
  const path = join(directory, `${BASE}${suffix}`);
  await writeFile(path, content);
  const result = await cli(["dump-log", path, ...words]);
  return { ...result, lines: result.stdout.trimEnd().split("\n"), path };
}

function batch(
  baseOffset: number,
  values: readonly string[],
  codec: Compression = Compression.NONE,
): Uint8Array {
  const records = values.map((value, index) => ({
    key: index === 0 ? null : Buffer.from("k"),
    value: Buffer.from(value),
    headers: [{ key: "h", value: Buffer.from("1") }],
    timestamp: 1000 + index,
  }));
  return encodeRecordBatch({ baseOffset, codec, records });
}

const log = () => Buffer.concat([batch(100, ["a", "b\u001b"]), batch(102, ["c"], Compression.ZSTD)]);

test("a .log is a line for each batch", async () => {
  const { code, lines } = await dump(".log", log());
  expect(code).toBe(0);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(
    /^position: 0 sizeBytes: \d+ baseOffset: 100 lastOffset: 101 recordsCount: 2 leaderEpoch: -?\d+ codec: none /,
  );
  expect(lines[1]).toContain("baseOffset: 102 lastOffset: 102 recordsCount: 1");
  expect(lines[1]).toContain("codec: zstd");
  expect(lines[1]).toMatch(/isCrcRight: true$/);
});

test("--records adds each record, with its control characters escaped", async () => {
  const { lines } = await dump(".log", log(), "--records");
  expect(lines).toHaveLength(5);
  expect(lines[2]).toBe(
    '  offset: 101 timestampMs: 1001 key: "k" value: "b\\u001b" headers: [{"key":"h","value":"1"}]',
  );
});

test("--format json is one object a line", async () => {
  const { lines } = await dump(".log", log(), "--records", "--format", "json");
  const kinds = lines.map((line) => JSON.parse(line) as { kind: string; offset?: number });
  expect(kinds.map(({ kind, offset }) => offset ?? kind)).toEqual(["batch", 100, 101, "batch", 102]);
});

test("a flipped bit is said where it is and at the end, and the batches behind it are still shown", async () => {
  const bytes = log();
  bytes[70]! ^= 1;
  const { code, lines, stderr, path } = await dump(".log", bytes, "--records");
  expect(code).toBe(1);
  expect(lines[0]).toMatch(/isCrcRight: false problems: \["the checksum does not match"\]$/);
  expect(lines[1]).toContain("baseOffset: 102");
  expect(stderr).toBe(`odradek: ${path} is not in order: the batch at byte 0: the checksum does not match\n`);
});

test("a torn tail is said with what is there of it", async () => {
  const first = recordBatch.length(log(), 0);
  const { code, stderr, lines } = await dump(".log", log().subarray(0, -3));
  expect(code).toBe(1);
  expect(lines).toEqual([
    expect.stringMatching(/^position: 0 /),
    expect.stringMatching(/^problem: at byte /),
  ]);
  expect(stderr).toContain(`is not in order: at byte ${first}: a batch of `);
});

test("indexes show offsets, not differences", async () => {
  const index = new OffsetIndex();
  index.append(0, 0);
  index.append(41, 4096);
  const offsets = await dump(".index", index.table.fileBytes());
  expect(offsets).toMatchObject({ code: 0, stdout: "offset: 100 position: 0\noffset: 141 position: 4096\n" });

  const times = new TimeIndex();
  times.append(5000, 3);
  times.append(6000, 9);
  const timed = await dump(".timeindex", times.table.fileBytes());
  expect(timed).toMatchObject({
    code: 0,
    stdout: "timestampMs: 5000 offset: 103\ntimestampMs: 6000 offset: 109\n",
  });
});

test("many problems are one line, with the first of them and their number", async () => {
  const index = new OffsetIndex();
  index.append(5, 10);
  const bytes = Buffer.concat(Array.from({ length: 9 }, () => index.table.fileBytes()));
  const { stderr, code } = await dump(".index", bytes);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /the entry for offset 105: it does not come after the entry before; .*; and 5 more\n$/,
  );
});

test.each([
  ["/does/not/exist/00000000000000000000.log", "cannot be read: there is no such file"],
  ["/does/not/exist/server.properties", "cannot be read: there is no such file"],
  ["/etc/passwd", "is not in order: the name is not one of a log's files"],
])("%s is an error of one line", async (path, message) => {
  const { code, stderr } = await cli(["dump-log", path]);
  expect(code).toBe(1);
  expect(stderr).toContain(message);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});
