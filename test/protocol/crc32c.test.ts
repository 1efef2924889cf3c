import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32c } from "../../src/protocol/crc32c.ts";
import { sharedCopy } from "./bytes.ts";

const text = new TextEncoder().encode("..123456789..");

test("crc32c() gives the published check values", () => {
  expect(crc32c(text, 2, 11)).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32), 0, 32)).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff), 0, 32)).toBe(0x62a8ab43);
  expect(crc32c(text, 5, 5)).toBe(0);
});

test("crc32c() reads shared memory in place: it sees what was written a moment ago", () => {
  const shared = sharedCopy(text);
  expect(crc32c(shared, 2, 11)).toBe(0xe3069283);
  shared[2] = 0;
  expect(crc32c(shared, 2, 11)).not.toBe(0xe3069283);
});

test("crc32c() agrees with the definition, bit by bit", () => {
  const byDefinition = (bytes: Uint8Array) => {
    let crc = 0xffff_ffff;
    for (const byte of bytes) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1;
    }
    return (crc ^ 0xffff_ffff) >>> 0;
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(crc32c(bytes, 0, bytes.length)).toBe(byDefinition(bytes));
    }),
    { seed: 7 },
  );
});
