import { describe, expect, test } from "vitest";
import { AssertionError } from "../../src/base/assert.ts";
import { FileSpan, partsByteLength } from "../../src/base/file-span.ts";
import type { FileDescriptor, FilePosition } from "../../src/base/units.ts";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { decodeMessage, encodeMessage } from "../../src/protocol/codec.ts";
import { messages, type ResponseInputOf } from "../../src/protocol/messages.ts";
import * as dsl from "../../src/protocol/schema.ts";
import { joinBytes, sameBytes } from "./bytes.ts";

const fetch = messages[ApiKey.FETCH].response;
const metadata = messages[ApiKey.METADATA].response;

type FetchInput = ResponseInputOf<typeof ApiKey.FETCH>;

function span(length: number): FileSpan {
  return new FileSpan(5 as FileDescriptor, 4096 as FilePosition, length);
}

function fetchOf(...records: (Uint8Array | FileSpan | null)[]): FetchInput {
  const partitions = records.map((each, partitionIndex) => ({
    partitionIndex,
    errorCode: 0,
    highWatermark: 100,
    records: each,
  }));
  return { responses: [{ topic: "orders", partitions }] };
}

describe("records as file spans", () => {
  test("stay parts of their own between joined runs of bytes", () => {
    const first = span(100);
    const second = span(1 << 20);
    const parts = encodeMessage(fetch, 11, fetchOf(first, new Uint8Array([1, 2, 3]), second, null));
    expect(parts).toHaveLength(5);
    expect(parts[1]).toBe(first);
    expect(parts[3]).toBe(second);
    const whole = joinBytes(
      parts.map((part) => (part instanceof FileSpan ? new Uint8Array(part.length).fill(7) : part)),
    );
    expect(partsByteLength(parts)).toBe(whole.length);
    const decoded = decodeMessage(fetch, 11, whole, 0).value.responses[0]!.partitions;
    expect(decoded.map((partition) => partition.records?.length ?? null)).toEqual([100, 3, 1 << 20, null]);
  });

  test("that are empty leave no part, in old and flexible versions", () => {
    for (const version of [11, 12]) {
      const parts = encodeMessage(fetch, version, fetchOf(span(0), span(0)));
      expect(parts).toHaveLength(1);
      const decoded = decodeMessage(fetch, version, parts[0] as Uint8Array, 0).value.responses[0]!.partitions;
      expect(decoded.map((partition) => partition.records)).toEqual([new Uint8Array(0), new Uint8Array(0)]);
    }
  });

  test("back to back have the bytes of the second partition between them", () => {
    const parts = encodeMessage(fetch, 18, fetchOf(span(10), span(20)));
    expect(parts.map((part) => part instanceof FileSpan)).toEqual([false, true, false, true, false]);
  });
});

test("a result is not changed by later messages", () => {
  const value = fetchOf(new Uint8Array([1, 2, 3]));
  const first = encodeMessage(fetch, 11, value)[0] as Uint8Array;
  const before = first.slice();
  encodeMessage(fetch, 11, fetchOf(new Uint8Array(50_000).fill(9)));
  expect(first).toEqual(before);
});

test("a message larger than the scratch memory is whole, and small ones after it too", () => {
  const large = new Uint8Array(3_000_000).map((_, index) => index);
  const bytes = encodeMessage(fetch, 12, fetchOf(large))[0] as Uint8Array;
  const decoded = decodeMessage(fetch, 12, bytes, 0).value.responses[0]!.partitions[0]!;
  expect(sameBytes(decoded.records!, large)).toBe(true);
  const small = encodeMessage(fetch, 12, fetchOf(null))[0] as Uint8Array;
  expect(small.buffer.byteLength).toBeLessThan(1000);
});

describe("fields that a version does not have", () => {
  test("are dropped if they are ignorable", () => {
    const input = { brokers: [], topics: [], clusterId: "c", errorCode: 5 };
    const bytes = encodeMessage(metadata, 0, input)[0] as Uint8Array;
    expect(decodeMessage(metadata, 0, bytes, 0).value).toMatchObject({ clusterId: null, errorCode: 0 });
  });

  test("are dropped if they hold their default, and refused otherwise", () => {
    const request = messages[ApiKey.DELETE_TOPICS].request;
    expect(encodeMessage(request, 5, { topics: [], topicNames: ["a"], timeoutMs: 1 })).toHaveLength(1);
    const withTopics = { topics: [{ topicId: "AAAAAAAAAAAAAAAAAAAAAQ" }], timeoutMs: 1 };
    expect(() => encodeMessage(request, 5, withTopics)).toThrow(/DeleteTopicsRequest v5 cannot carry topics/);

    const response = messages[ApiKey.FETCH].response;
    const preferred = { ...fetchOf(null).responses[0]!.partitions[0]!, preferredReadReplica: 3 };
    const input = { responses: [{ topic: "t", partitions: [preferred] }] };
    expect(() => encodeMessage(response, 10, input)).toThrow(AssertionError);
    expect(encodeMessage(response, 11, input)).toHaveLength(1);
  });
});

describe("tagged fields", () => {
  const schema = dsl.message("Tagged", dsl.versions("0"), dsl.flexible("0+"), {
    late: dsl.int32("0+", { tag: 3 }),
    early: dsl.string("0+", { tag: 1, default: "x" }),
    pair: dsl.struct("0+", { one: dsl.int32("0+", { default: -1 }), two: dsl.int32("0+") }, { tag: 200 }),
  });
  const encode = (value: dsl.InputOf<typeof schema>) => encodeMessage(schema, 0, value)[0] as Uint8Array;

  test("are left out when they have their defaults", () => {
    expect(encode({})).toEqual(new Uint8Array([0]));
    expect(encode({ late: 0, early: "x", pair: { one: -1, two: 0 } })).toEqual(new Uint8Array([0]));
  });

  test("are written in the order of their tags, each with its size", () => {
    expect([...encode({ late: 5, early: "ab" })]).toEqual([2, 1, 3, 3, 0x61, 0x62, 3, 4, 0, 0, 0, 5]);
    expect([...encode({ pair: { two: 7 } })]).toEqual([1, 0xc8, 1, 9, 255, 255, 255, 255, 0, 0, 0, 7, 0]);
  });

  test.each([0, 126, 127, 128, 16_380, 16_384, 32_767])("keep a content of %i bytes whole", (length) => {
    const value = {
      late: 9,
      early: "é".repeat(length / 2) + "a".repeat(length % 2),
      pair: { one: 1, two: 2 },
    };
    expect(decodeMessage(schema, 0, encode(value), 0).value).toEqual(value);
  });
});

describe("values that their type cannot hold are assertions, not wrong bytes", () => {
  const schema = dsl.message("Ranges", dsl.versions("0"), dsl.flexible("none"), {
    byte: dsl.int8("0+", { default: 0 }),
    short: dsl.int16("0+", { default: 0 }),
    int: dsl.int32("0+", { default: 0 }),
    long: dsl.int64("0+", { default: 0 }),
    id: dsl.uuid("0+", { ignorable: true }),
    name: dsl.string("0+", { default: "" }),
  });

  test.each([
    { byte: 128 },
    { short: -32_769 },
    { int: 2 ** 31 },
    { int: 0.5 },
    { int: Number.NaN },
    { long: 2 ** 53 },
    { id: "short" },
    { id: "!!!!!!!!!!!!!!!!!!!!!!" },
    { name: "a".repeat(32_768) },
  ])("%o", (value) => {
    expect(() => encodeMessage(schema, 0, value)).toThrow(AssertionError);
  });

  test("int64 keeps every safe integer", () => {
    for (const long of [0, -1, 2 ** 32, -(2 ** 32), 2 ** 53 - 1, -(2 ** 53) + 1, 2 ** 40 + 1]) {
      const bytes = encodeMessage(schema, 0, { long })[0] as Uint8Array;
      expect(decodeMessage(schema, 0, bytes, 0).value.long).toBe(long);
    }
  });
});
