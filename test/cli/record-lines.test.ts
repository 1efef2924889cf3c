import fc from "fast-check";
import { expect, test } from "vitest";
import { LINE_BYTES_MAX, LineCutter, LineTooLong, recordOfLine } from "../../src/cli/record-lines.ts";

const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString());

function cut(chunks: readonly Uint8Array[]): string[] {
  const cutter = new LineCutter();
  const lines = chunks.flatMap((chunk) => [...cutter.push(chunk)].map(text));
  return [...lines, ...[...cutter.end()].map(text)] as string[];
}

test("lines are the same however the bytes are cut into chunks", () => {
  const property = fc.property(
    fc.array(fc.string({ unit: fc.constantFrom("a", "é", "\n", "\r") }), { maxLength: 8 }),
    (chunks) => {
      const all = chunks.join("");
      const expected = all.split("\n");
      if (expected.at(-1) === "") expected.pop();
      const bytes = Buffer.from(all);
      expect(cut([bytes])).toEqual(expected);
      expect(cut([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
      expect(cut(chunks.map((chunk) => Buffer.from(chunk)))).toEqual(expected);
    },
  );
  fc.assert(property, { seed: 11, numRuns: 300 });
});

test("empty lines are records, the end of the last line is none", () => {
  expect(cut([Buffer.from("a\n\nb\n")])).toEqual(["a", "", "b"]);
  expect(cut([Buffer.from("")])).toEqual([]);
});

test("a line without end is given up before it takes all memory", () => {
  const cutter = new LineCutter();
  const chunk = new Uint8Array(LINE_BYTES_MAX / 4);
  for (let i = 0; i < 4; i++) expect([...cutter.push(chunk)]).toEqual([]);
  expect(() => [...cutter.push(chunk)]).toThrow(LineTooLong);
});

test.each([
  ["k:v", ":", "k", "v"],
  ["k:v:w", ":", "k", "v:w"],
  ["k=>v", "=>", "k", "v"],
  [":v", ":", "", "v"],
  ["k:", ":", "k", ""],
  ["v", ":", null, "v"],
])("%j with the key delimiter %j", (line, delimiter, key, value) => {
  const record = recordOfLine(Buffer.from(line), Buffer.from(delimiter));
  expect([text(record.key), text(record.value)]).toEqual([key, value]);
});

test("without a key delimiter the line is the value, byte for byte", () => {
  const line = Uint8Array.of(0, 255, 13, 58);
  expect(recordOfLine(line, null)).toEqual({ key: null, value: Buffer.from(line) });
});
