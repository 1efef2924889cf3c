import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Compression } from "../../src/protocol/compression.ts";
import { DecodeError } from "../../src/protocol/decode-error.ts";
import { recordBatch } from "../../src/protocol/record-batch.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import { readRecords, wholeBatches } from "../../src/protocol/records.ts";
import { joinBytes, sharedCopy } from "./bytes.ts";

const LIMIT = 1_000_000;
const codecs = Object.entries(Compression).map(([name, codec]) => ({ name, codec }));

const range = fc.option(fc.uint8Array({ maxLength: 200 }));
const record = fc.record({
  key: range,
  value: range,
  headers: fc.array(fc.record({ key: fc.string({ unit: "grapheme", maxLength: 20 }), value: range }), {
    maxLength: 3,
  }),
  timestamp: fc.integer({ min: 0, max: 2 ** 51 }),
});

describe.each(codecs)("records, $name", ({ codec }) => {
  test("reading what was written gives the same records with consecutive offsets", () => {
    const batches = fc.array(record, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(batches, fc.integer({ min: 0, max: 2 ** 50 }), (records, baseOffset) => {
        const batch = encodeRecordBatch({ records, baseOffset, codec });
        const expected = records.map((each, index) => ({ ...each, offset: baseOffset + index }));
        expect([...readRecords(batch, 0, LIMIT)]).toEqual(expected);
        expect([...readRecords(sharedCopy(joinBytes([new Uint8Array(3), batch])), 3, LIMIT)]).toEqual(
          expected,
        );
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  test("a batch that expands beyond the limit is a DecodeError", () => {
    const batch = encodeRecordBatch({ records: [{ value: new Uint8Array(50_000), timestamp: 0 }], codec });
    expect([...readRecords(batch, 0, 51_000)]).toHaveLength(1);
    expect(() => [...readRecords(batch, 0, 49_000)]).toThrow(DecodeError);
  });

  test("a block that is cut is a DecodeError, though its CRC is right", () => {
    const records = Array.from({ length: 40 }, (_, index) => ({
      value: new Uint8Array([index]),
      timestamp: 0,
    }));
    const batch = encodeRecordBatch({ records, codec });
    for (let cut = 1; cut < batch.length - 61; cut++) {
      const shorter = batch.slice(0, batch.length - cut);
      recordBatch.setLength(shorter, 0, shorter.length);
      recordBatch.setCrc(shorter, 0, recordBatch.computeCrc(shorter, 0));
      let read = 0;
      try {
        for (const each of readRecords(shorter, 0, LIMIT)) read += each.value!.length;
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
        continue;
      }
      // Only a checksum behind the data is missing.
      expect(read).toBe(40);
    }
  });
});

test("a batch with LogAppendTime gives its append time to every record", () => {
  const batch = encodeRecordBatch({ records: [{ timestamp: 5 }, { timestamp: 6 }] });
  recordBatch.setLogAppendTime(batch, 0, 999);
  expect([...readRecords(batch, 0, LIMIT)].map((each) => each.timestamp)).toEqual([999, 999]);
});

test("a batch with a wrong CRC is not read", () => {
  const batch = encodeRecordBatch({ records: [{ value: new Uint8Array(9), timestamp: 0 }] });
  batch[batch.length - 2]! ^= 1;
  expect(() => [...readRecords(batch, 0, LIMIT)]).toThrow(/CORRUPT_MESSAGE/);
  expect(() => [...readRecords(batch.subarray(0, 30), 0, LIMIT)]).toThrow(DecodeError);
});

describe("a hostile record is a DecodeError", () => {
  const read = (...content: number[]) => {
    const template = encodeRecordBatch({ records: [{ timestamp: 0 }] });
    const batch = joinBytes([template.subarray(0, 61), new Uint8Array(content)]);
    recordBatch.setLength(batch, 0, batch.length);
    recordBatch.setCrc(batch, 0, recordBatch.computeCrc(batch, 0));
    return [...readRecords(batch, 0, LIMIT)];
  };

  test.each([
    ["that is well formed is not one", [12, 0, 0, 0, 1, 1, 0], true],
    ["longer than its batch", [14, 0, 0, 0, 1, 1, 0], false],
    ["shorter than its content", [10, 0, 0, 0, 1, 1, 0], false],
    ["with a negative length", [1, 0, 0, 0, 1, 1, 0], false],
    ["with a key of -2 bytes", [12, 0, 0, 0, 3, 1, 0], false],
    ["with a billion headers", [20, 0, 0, 0, 1, 1, 0x80, 0x94, 0xeb, 0xdc, 0x07], false],
    ["with a varint of 6 bytes", [0x80, 0x80, 0x80, 0x80, 0x80, 1], false],
    ["with a varint of 33 bits", [0xff, 0xff, 0xff, 0xff, 0x1f], false],
    ["followed by more bytes", [12, 0, 0, 0, 1, 1, 0, 9], false],
    [
      "with a timestamp delta of 11 bytes",
      [32, 0, ...new Array<number>(10).fill(0x80), 0, 0, 1, 1, 0],
      false,
    ],
    ["with a timestamp delta of 65 bits", [30, 0, ...new Array<number>(9).fill(0xff), 2, 0, 1, 1, 0], false],
  ])("%s", (_, content, isValid) => {
    if (isValid) expect(read(...content)).toHaveLength(1);
    else expect(() => read(...content)).toThrow(DecodeError);
  });

  test("and a timestamp delta of 64 bits saturates", () => {
    const [only] = read(30, 0, 0xfe, ...new Array<number>(8).fill(0xff), 1, 0, 1, 1, 0);
    expect(only?.timestamp).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe("wholeBatches()", () => {
  const one = encodeRecordBatch({ records: [{ timestamp: 0 }] });
  const two = encodeRecordBatch({ records: [{ timestamp: 0 }, { timestamp: 1 }], baseOffset: 1 });

  test("leaves out a cut batch at the end, wherever it is cut", () => {
    const both = joinBytes([one, two]);
    expect([...wholeBatches(both)]).toEqual([0, one.length]);
    for (let length = one.length; length < both.length; length++) {
      expect([...wholeBatches(both.subarray(0, length))]).toEqual([0]);
    }
  });

  test("does not run in circles on a length that is too small", () => {
    const broken = one.slice();
    recordBatch.setLength(broken, 0, 12);
    expect(() => [...wholeBatches(broken)]).toThrow(DecodeError);
  });
});
