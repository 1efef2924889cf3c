import { beforeEach, describe, expect, test } from "vitest";
import { ErrorCode, errorName } from "../../src/protocol/error-codes.ts";
import { RECORD_BATCH_OVERHEAD, recordBatch } from "../../src/protocol/record-batch.ts";
import { encodeRecordBatch } from "../../src/protocol/record-batch-encoder.ts";
import { validateRecordBatch, verifyRecordBatch } from "../../src/protocol/record-batch-validation.ts";
import { joinBytes, sharedCopy } from "./bytes.ts";

const NOW = 1_700_000_000_123;
const value = new Uint8Array(20).fill(7);
const records = [
  { value, timestamp: NOW },
  { value, timestamp: NOW + 50 },
  { value, timestamp: NOW + 10 },
];

let batch: Uint8Array;
/** The batch does not start at 0, so that a wrong `at` shows. */
const at = 5;

beforeEach(() => {
  const encoded = encodeRecordBatch({
    records,
    baseOffset: 2 ** 40,
    producerId: 2 ** 45,
    producerEpoch: 3,
    baseSequence: 9,
  });
  batch = joinBytes([new Uint8Array(at), encoded]);
});

function seal(): void {
  recordBatch.setCrc(batch, at, recordBatch.computeCrc(batch, at));
}

function validate(): string {
  return errorName(validateRecordBatch(batch, at, batch.length - at));
}

describe("recordBatch", () => {
  test("reads every field in place", () => {
    expect(recordBatch.baseOffset(batch, at)).toBe(2 ** 40);
    expect(recordBatch.lastOffset(batch, at)).toBe(2 ** 40 + 2);
    expect(recordBatch.length(batch, at)).toBe(batch.length - at);
    expect(recordBatch.leaderEpoch(batch, at)).toBe(-1);
    expect(recordBatch.magic(batch, at)).toBe(2);
    expect(recordBatch.crc(batch, at)).toBe(recordBatch.computeCrc(batch, at));
    expect(recordBatch.attributes(batch, at)).toBe(0);
    expect(recordBatch.codec(batch, at)).toBe(0);
    expect(recordBatch.lastOffsetDelta(batch, at)).toBe(2);
    expect(recordBatch.baseTimestamp(batch, at)).toBe(NOW);
    expect(recordBatch.maxTimestamp(batch, at)).toBe(NOW + 50);
    expect(recordBatch.producerId(batch, at)).toBe(2 ** 45);
    expect(recordBatch.producerEpoch(batch, at)).toBe(3);
    expect(recordBatch.baseSequence(batch, at)).toBe(9);
    expect(recordBatch.recordsCount(batch, at)).toBe(3);
  });

  test("stamps base offset and leader epoch outside the CRC, in shared memory too", () => {
    const shared = sharedCopy(batch);
    recordBatch.setBaseOffset(shared, at, 2 ** 50 + 1);
    recordBatch.setLeaderEpoch(shared, at, 12);
    expect(recordBatch.baseOffset(shared, at)).toBe(2 ** 50 + 1);
    expect(recordBatch.leaderEpoch(shared, at)).toBe(12);
    expect(verifyRecordBatch(shared, at, shared.length - at)).toBe(ErrorCode.NONE);
  });

  test("setLogAppendTime() changes attributes and max timestamp and leaves a right CRC", () => {
    recordBatch.setLogAppendTime(batch, at, NOW + 1000);
    expect(recordBatch.isLogAppendTime(batch, at)).toBe(true);
    expect(recordBatch.maxTimestamp(batch, at)).toBe(NOW + 1000);
    expect(recordBatch.baseTimestamp(batch, at)).toBe(NOW);
    expect(verifyRecordBatch(batch, at, batch.length - at)).toBe(ErrorCode.NONE);
  });

  test("a client may not claim an append time", () => {
    recordBatch.setLogAppendTime(batch, at, NOW + 1000);
    expect(validate()).toBe("INVALID_RECORD");
  });

  test("int64 beyond 2^53 saturates instead of losing digits silently", () => {
    batch.set([0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], at);
    expect(recordBatch.baseOffset(batch, at)).toBe(Number.MAX_SAFE_INTEGER);
    batch.set([0x80, 0, 0, 0, 0, 0, 0, 0], at);
    expect(recordBatch.baseOffset(batch, at)).toBe(Number.MIN_SAFE_INTEGER);
  });
});

describe("validateRecordBatch()", () => {
  test("accepts a plain, an idempotent, a compressed and a transactional batch", () => {
    expect(validate()).toBe("NONE");
    const producer = { producerId: 1, producerEpoch: 0, baseSequence: 0 };
    for (const input of [
      { records },
      { records, ...producer, isTransactional: true },
      { records, codec: 4 as const },
    ]) {
      const other = encodeRecordBatch(input);
      expect(validateRecordBatch(other, 0, other.length)).toBe(ErrorCode.NONE);
    }
  });

  test("refuses no batch and more than one as INVALID_RECORD", () => {
    expect(errorName(validateRecordBatch(batch, at, 0))).toBe("INVALID_RECORD");
    const single = batch.subarray(at);
    const twice = joinBytes([single, single]);
    expect(errorName(validateRecordBatch(twice, 0, twice.length))).toBe("INVALID_RECORD");
    const andAByte = joinBytes([single, new Uint8Array(1)]);
    expect(errorName(validateRecordBatch(andAByte, 0, andAByte.length))).toBe("INVALID_RECORD");
  });

  test("refuses a cut batch as CORRUPT_MESSAGE, wherever it is cut", () => {
    for (let length = 1; length < batch.length - at; length++) {
      expect(errorName(validateRecordBatch(batch, at, length))).toBe("CORRUPT_MESSAGE");
    }
  });

  test.each([-(2 ** 31), -13, -1, 0, 48, 2 ** 31 - 1])(
    "refuses the length field %i as CORRUPT_MESSAGE",
    (length) => {
      recordBatch.setLength(batch, at, length + 12);
      expect(validate()).toBe("CORRUPT_MESSAGE");
    },
  );

  test("refuses old formats as INVALID_RECORD and unknown ones as CORRUPT_MESSAGE", () => {
    for (const [magic, error] of [
      [0, "INVALID_RECORD"],
      [1, "INVALID_RECORD"],
      [3, "CORRUPT_MESSAGE"],
      [-1, "CORRUPT_MESSAGE"],
    ] as const) {
      recordBatch.setMagic(batch, at, magic);
      expect(validate()).toBe(error);
    }
    const oldMessage = new Uint8Array(30);
    expect(errorName(validateRecordBatch(oldMessage, 0, oldMessage.length))).toBe("INVALID_RECORD");
  });

  test("finds any changed bit under the CRC", () => {
    for (let index = at + 17; index < batch.length; index++) {
      batch[index]! ^= 1 << (index % 8);
      expect(validate()).toBe("CORRUPT_MESSAGE");
      batch[index]! ^= 1 << (index % 8);
    }
    expect(validate()).toBe("NONE");
  });

  test("refuses control batches from clients; recovery accepts them", () => {
    recordBatch.setAttributes(batch, at, 0x20);
    seal();
    expect(validate()).toBe("INVALID_RECORD");
    expect(verifyRecordBatch(batch, at, batch.length - at)).toBe(ErrorCode.NONE);
  });

  test.each([0, -1, 2, 4, -(2 ** 31)])("refuses %i records in a range of 3 offsets", (count) => {
    recordBatch.setRecordsCount(batch, at, count);
    seal();
    expect(validate()).toBe("INVALID_RECORD");
  });

  test("refuses more uncompressed records than there are bytes for", () => {
    recordBatch.setRecordsCount(batch, at, 1_000_000);
    recordBatch.setLastOffsetDelta(batch, at, 999_999);
    seal();
    expect(validate()).toBe("INVALID_RECORD");
  });

  test("refuses a producer without sequence or epoch, and a transaction without producer", () => {
    recordBatch.setProducer(batch, at, 5, 0, -1);
    seal();
    expect(validate()).toBe("INVALID_RECORD");
    recordBatch.setProducer(batch, at, 5, -1, 0);
    seal();
    expect(validate()).toBe("INVALID_RECORD");
    recordBatch.setProducer(batch, at, -1, 0, 0);
    seal();
    expect(validate()).toBe("NONE");
    recordBatch.setAttributes(batch, at, 0x10);
    seal();
    expect(validate()).toBe("INVALID_RECORD");
  });

  test.each([5, 6, 7])("refuses codec %i as UNSUPPORTED_COMPRESSION_TYPE", (codec) => {
    recordBatch.setAttributes(batch, at, codec);
    seal();
    expect(validate()).toBe("UNSUPPORTED_COMPRESSION_TYPE");
  });

  test("works in shared memory", () => {
    const shared = sharedCopy(batch);
    expect(validateRecordBatch(shared, at, shared.length - at)).toBe(ErrorCode.NONE);
  });

  test("reads no byte outside its range", () => {
    const tail = new Uint8Array(batch.buffer, at, RECORD_BATCH_OVERHEAD - 1);
    expect(errorName(validateRecordBatch(tail, 0, tail.length))).toBe("CORRUPT_MESSAGE");
  });
});
