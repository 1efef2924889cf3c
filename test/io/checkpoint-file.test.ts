import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatCheckpoint, parseCheckpoint } from "../../src/io/checkpoint-file.ts";

describe("a checkpoint file", () => {
  test("is written as Kafka writes it", () => {
    expect(
      formatCheckpoint([
        ["orders", 0, 1234],
        ["orders", 1, 99],
      ]),
    ).toBe("0\n2\norders 0 1234\norders 1 99\n");
    expect(formatCheckpoint([])).toBe("0\n0\n");
  });

  test("is read back as it was written", () => {
    const word = fc.stringMatching(/^[a-zA-Z0-9._-]{1,12}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word, word)), (entries) => {
        expect(parseCheckpoint(formatCheckpoint(entries), 3)).toEqual({ ok: true, value: entries });
      }),
      { seed: 20_260_725 },
    );
  });

  test("is refused when cut short at any byte", () => {
    const text = formatCheckpoint([
      ["orders", 0, 1234],
      ["orders", 1, 99],
    ]);
    for (let length = 0; length < text.length; length++) {
      expect(parseCheckpoint(text.slice(0, length), 3).ok, `cut at ${length}`).toBe(false);
    }
  });

  test.each([
    ["1\n0\n", "version"],
    ["0\n-1\n", "number of entries"],
    ["0\n01\na b c\n", "number of entries"],
    ["0\n99999999\n", "number of entries"],
    ["0\n2\na b c\n", "1 entries instead of 2"],
    ["0\n1\na b c\nd e f\n", "2 entries instead of 1"],
    ["0\n1\na b\n", "3 words"],
    ["0\n1\na  c\n", "3 words"],
    ["0\n1\na b c d\n", "3 words"],
    ["\0\0\0\0\n", "entries"],
  ])("says what is wrong with %j", (text, reason) => {
    expect(parseCheckpoint(text, 3)).toEqual({ ok: false, error: expect.stringContaining(reason) });
  });
});
