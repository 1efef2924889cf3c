import fc from "fast-check";
import { expect, test } from "vitest";
import { formatProperties, parseProperties } from "../../src/config/properties-file.ts";

const pairs = (text: string) => parseProperties(text).map(({ key, value }) => [key, value]);

test("reads =, : and white space as separators, and only the first of them", () => {
  expect(pairs("a=1\nb: 2\nc 3\nd = e=f:g\n  indented\t=\tx")).toEqual([
    ["a", "1"],
    ["b", "2"],
    ["c", "3"],
    ["d", "e=f:g"],
    ["indented", "x"],
  ]);
});

test("skips comments and blank lines, and keeps the line numbers of the rest", () => {
  const entries = parseProperties("# one\r\n! two\r\n\r\n   \r\nkey=value\r\n");
  expect(entries).toEqual([{ key: "key", value: "value", line: 5 }]);
});

test("joins a line that ends in an odd backslash with the next, not one that ends in two", () => {
  expect(pairs("a=one,\\\n   two\nb=dir\\\\\nc=3")).toEqual([
    ["a", "one,two"],
    ["b", "dir\\"],
    ["c", "3"],
  ]);
});

test("undoes escapes in keys and values", () => {
  expect(pairs("a\\ b\\=c=\\u00e9\\t\\\\x")).toEqual([["a b=c", "é\t\\x"]]);
});

test("a key without a value is empty, and a backslash at the very end stands for nothing", () => {
  expect(pairs("lonely\nlast=x\\")).toEqual([
    ["lonely", ""],
    ["last", "x"],
  ]);
});

test("what is formatted is read back the same, whatever the text", () => {
  const key = fc.string({ minLength: 1, unit: "binary" });
  const entries = fc.array(fc.tuple(key, fc.string({ unit: "binary" })), { maxLength: 5 });
  const property = fc.property(entries, (written) => {
    expect(pairs(formatProperties("a comment", written))).toEqual(written);
  });
  fc.assert(property, { seed: 20_240_601, numRuns: 500 });
});
