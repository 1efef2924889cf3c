import { expect, test } from "vitest";
import { type ConsumedRecord, parseRecordFormat, recordAsJson } from "../../src/cli/record-format.ts";

const record: ConsumedRecord = {
  topic: "orders",
  partition: 3,
  offset: 42,
  timestamp: 1_700_000_000_123,
  key: Buffer.from("k"),
  value: Buffer.from("välue"),
  headers: [
    { key: "a", value: Buffer.from("1") },
    { key: "b", value: null },
  ],
};

const bare: ConsumedRecord = { ...record, key: null, value: null, headers: [] };

const print = (format: string, which = record) => Buffer.from(parseRecordFormat(format)(which)).toString();

test.each([
  ["%t %p %o %k %v", "orders 3 42 k välue\n"],
  ["%T|%h|%K|%S", "1700000000123|a=1,b=|1|6\n"],
  ["%s", "välue\n"],
  ["100%%\\t%o", "100%\t42\n"],
  ["%o\\n", "42\n"],
  ["%o\\n\\n", "42\n\n"],
  ["\\x41%o", "A42\n"],
  ["", "\n"],
])("%j", (format, line) => {
  expect(print(format)).toBe(line);
});

test("a record without key, value and headers prints as nothing, with lengths of -1", () => {
  expect(print("[%k][%v][%h] %K %S", bare)).toBe("[][][] -1 -1\n");
});

test("values come out as the bytes that they are", () => {
  const bytes = Uint8Array.of(0, 255, 10, 27);
  expect(parseRecordFormat("%v\\n")({ ...record, value: bytes })).toEqual(Buffer.from([...bytes, 10]));
});

test("unknown tokens and escapes are refused", () => {
  expect(() => parseRecordFormat("%x")).toThrow("unknown token '%x'");
  expect(() => parseRecordFormat("50%")).toThrow("unknown token '%'");
  expect(() => parseRecordFormat("\\q")).toThrow("unknown escape");
});

test("JSON has text as text, and other bytes as base64 under another name", () => {
  const parse = (which: ConsumedRecord) => JSON.parse(Buffer.from(recordAsJson(which)).toString());
  expect(parse({ ...record, value: Uint8Array.of(255) })).toEqual({
    topic: "orders",
    partition: 3,
    offset: 42,
    timestamp: 1_700_000_000_123,
    key: "k",
    valueBase64: "/w==",
    headers: [
      { key: "a", value: "1" },
      { key: "b", value: null },
    ],
  });
  expect(parse(bare)).toMatchObject({ key: null, value: null });
  expect(parse({ ...record, value: Buffer.from("\ufeffbom") }).value).toBe("\ufeffbom");
});
