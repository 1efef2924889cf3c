import { expect, test } from "vitest";
import { firstOffset, parseStart } from "../../src/cli/consume-range.ts";

const log = { start: 10, end: 20 };
const from = (text: string, range = log) => firstOffset(parseStart(text), range);

test.each([
  ["beginning", 10],
  ["end", 20],
  ["10", 10],
  ["15", 15],
  ["20", 20],
  ["-3", 17],
  ["-10", 10],
  ["-500", 10],
  ["-0", 20],
])("-o %s of a log from 10 to 20 starts at %i", (text, offset) => {
  expect(from(text)).toEqual({ ok: true, value: offset });
});

test("an offset that the log does not have says what it has", () => {
  expect(from("9")).toEqual({ ok: false, error: "it holds 10 to 19" });
  expect(from("21")).toEqual({ ok: false, error: "it holds 10 to 19" });
  expect(from("1", { start: 5, end: 5 })).toEqual({
    ok: false,
    error: "it is empty, and its next offset is 5",
  });
});

test.each(["start", "", "1.5", "--1", "0x1", "1e3"])("-o %j is refused", (text) => {
  expect(() => parseStart(text)).toThrow("must be beginning, end");
});
