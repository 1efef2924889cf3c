import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { partsByteLength, type ResponsePart } from "../../src/base/file-span.ts";
import { DecodeError, decodeMessage, encodeMessage } from "../../src/protocol/codec.ts";
import * as dsl from "../../src/protocol/schema.ts";
import { type Fields, type MessageSchema, message, versions } from "../../src/protocol/schema.ts";
import { hasVersion } from "../../src/protocol/versions.ts";
import { expectedDefault, messageArbitrary, schemasAndVersions } from "./message-arbitrary.ts";

const SEED = 20_240_229;

/** Types that no API of today has, so that the first one that needs them finds them working. */
const everyType = message("EveryType", versions("0-1"), dsl.flexible("1+"), {
  flag: dsl.bool("0+"),
  small: dsl.uint16("0+"),
  unsigned: dsl.uint32("0+"),
  real: dsl.float64("0+"),
  blob: dsl.bytes("0+"),
  nullableBlob: dsl.bytes("0+", { nullable: "0+", default: null }),
  batch: dsl.records("0+"),
  names: dsl.array("0+", "string", { nullable: "0+" }),
  ids: dsl.array("0+", "uuid"),
  inner: dsl.struct("0+", { deep: dsl.array("0+", { value: dsl.int64("0+") }) }, { nullable: "0+" }),
  taggedBlob: dsl.bytes("1+", { tag: 0 }),
  taggedNames: dsl.array("1+", "string", { nullable: "1+", default: null, tag: 1 }),
  taggedInner: dsl.struct("1+", { text: dsl.string("1+") }, { nullable: "1+", default: null, tag: 7 }),
});

const all = [
  ...schemasAndVersions(),
  { schema: everyType as MessageSchema, version: 0 },
  { schema: everyType as MessageSchema, version: 1 },
];

describe.each(all)("$schema.name v$version", ({ schema, version }) => {
  const arbitrary = messageArbitrary(schema, version);

  test("decoding what was encoded gives the same value, and the same bytes again", () => {
    fc.assert(
      fc.property(arbitrary, (value) => {
        const bytes = joined(encodeMessage(schema, version, value));
        const decoded = decodeMessage(schema, version, bytes, 0);
        expect(decoded.value).toEqual(value);
        expect(decoded.end).toBe(bytes.length);
        expect(joined(encodeMessage(schema, version, decoded.value))).toEqual(bytes);
      }),
      { seed: SEED, numRuns: 40 },
    );
  });

  test("a message that starts later in the bytes decodes to the same value", () => {
    fc.assert(
      fc.property(arbitrary, fc.integer({ min: 1, max: 40 }), (value, at) => {
        const bytes = joined(encodeMessage(schema, version, value));
        const shifted = new Uint8Array(at + bytes.length + 3).fill(0xee);
        shifted.set(bytes, at);
        const decoded = decodeMessage(schema, version, shifted.subarray(0, at + bytes.length), at);
        expect(decoded).toEqual({ value, end: at + bytes.length });
      }),
      { seed: SEED, numRuns: 10 },
    );
  });

  test("a cut message is a DecodeError, wherever it is cut", () => {
    fc.assert(
      fc.property(arbitrary, (value) => {
        const bytes = joined(encodeMessage(schema, version, value));
        for (let length = 0; length < bytes.length; length++) {
          expect(() => decodeMessage(schema, version, bytes.subarray(0, length), 0)).toThrow(DecodeError);
        }
      }),
      { seed: SEED, numRuns: 3 },
    );
  });

  test("fields that are left out take their defaults", () => {
    const presentValues = requiredFields(schema.fields, version);
    const bytes = joined(encodeMessage(schema, version, presentValues));
    const expected = Object.fromEntries(
      Object.entries(schema.fields).map(([name, field]) => [
        name,
        name in presentValues ? presentValues[name] : expectedDefault(field),
      ]),
    );
    expect(decodeMessage(schema, version, bytes, 0).value).toEqual(expected);
  });
});

/** Values for the fields whose default is null where null is not allowed: they cannot be left out. */
function requiredFields(fields: Fields, version: number): Record<string, unknown> {
  const needed = Object.entries(fields).filter(
    ([, field]) =>
      expectedDefault(field) === null &&
      hasVersion(field.versions, version) &&
      !hasVersion(field.nullable, version),
  );
  return Object.fromEntries(needed.map(([name]) => [name, new Uint8Array([1, 2, 3])]));
}

function joined(parts: readonly ResponsePart[]): Uint8Array {
  const [bytes] = parts;
  if (parts.length !== 1 || !(bytes instanceof Uint8Array)) throw new Error("expected one run of bytes");
  expect(partsByteLength(parts)).toBe(bytes.length);
  return bytes;
}
