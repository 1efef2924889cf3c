import { describe, expect, test } from "vitest";
import type { PartitionLog } from "../../src/log/partition-log.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { append, batchOf, emptyDisk, environmentOn, opening, openLog, sync } from "./log-harness.ts";

const INT32_MAX = 2 ** 31 - 1;

function from(baseSequence: number, records = 2, producerEpoch = 0, producerId = 42): Uint8Array {
  return batchOf(records, 120, 1_700_000_000_000, { producerId, producerEpoch, baseSequence });
}

function offer(log: PartitionLog, batch: Uint8Array) {
  const { errorCode, baseOffset, lastOffset, duplicate } = log.stage(batch, 0, batch.length);
  const committed = log.commit();
  return { errorCode: errorCode || committed, baseOffset, lastOffset, duplicate };
}

const taken = (baseOffset: number, records = 2) => ({
  errorCode: ErrorCode.NONE,
  baseOffset,
  lastOffset: baseOffset + records - 1,
  duplicate: false,
});
const known = (baseOffset: number, records = 2) => ({ ...taken(baseOffset, records), duplicate: true });
const refused = (errorCode: number) => ({ errorCode, baseOffset: -1, lastOffset: -1, duplicate: false });

function openedLog(options = {}) {
  const disk = emptyDisk();
  const clock = new ManualClock();
  return { disk, clock, log: openLog(environmentOn(disk, clock, options)) };
}

describe("idempotent producers", () => {
  test("any of the last five batches sent again gets its offset from before; the sixth last is out of order", () => {
    const { log } = openedLog();
    for (let count = 0; count < 6; count++) expect(offer(log, from(count * 2))).toEqual(taken(count * 2));
    expect(offer(log, from(0))).toEqual(refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER));
    for (let count = 1; count < 6; count++) expect(offer(log, from(count * 2))).toEqual(known(count * 2));
    expect(log.fields.endOffset).toBe(12);
    expect(offer(log, from(12))).toEqual(taken(12));
  });

  test("a gap is out of order, and so is another batch over known sequences", () => {
    const { log } = openedLog();
    offer(log, from(0));
    expect(offer(log, from(3))).toEqual(refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER));
    expect(offer(log, from(0, 3))).toEqual(refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER));
    expect(offer(log, from(2))).toEqual(taken(2));
  });

  test("a new epoch starts at 0; an old one is fenced", () => {
    const { log } = openedLog();
    offer(log, from(0));
    expect(offer(log, from(2, 2, 1))).toEqual(refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER));
    expect(offer(log, from(0, 2, 1))).toEqual(taken(2));
    expect(offer(log, from(2, 2, 0))).toEqual(refused(ErrorCode.INVALID_PRODUCER_EPOCH));
    expect(offer(log, from(0, 2, 1))).toEqual(known(2));
    expect(offer(log, from(2, 2, 1))).toEqual(taken(4));
  });

  test("sequences wrap from the largest int32 to 0, also within a batch", () => {
    const { log } = openedLog();
    expect(offer(log, from(INT32_MAX - 2))).toEqual(taken(0));
    expect(offer(log, from(INT32_MAX, 3))).toEqual(taken(2, 3));
    expect(offer(log, from(INT32_MAX, 3))).toEqual(known(2, 3));
    expect(offer(log, from(2))).toEqual(taken(5));
    const { log: exact } = openedLog();
    expect(offer(exact, from(INT32_MAX - 1))).toEqual(taken(0));
    expect(offer(exact, from(0))).toEqual(taken(2));
  });

  test("an unknown producer may start anywhere", () => {
    const { log } = openedLog();
    expect(offer(log, from(1234))).toEqual(taken(0));
    expect(offer(log, from(1236))).toEqual(taken(2));
  });

  test("batches of one commit are checked against each other, duplicates included", () => {
    const { log } = openedLog();
    const stage = (batch: Uint8Array) => ({ ...log.stage(batch, 0, batch.length) });
    expect(stage(from(0))).toMatchObject({ errorCode: 0, baseOffset: 0 });
    expect(stage(from(2))).toMatchObject({ errorCode: 0, baseOffset: 2 });
    expect(stage(from(0))).toMatchObject({ errorCode: 0, baseOffset: 0, duplicate: true });
    expect(stage(from(6))).toMatchObject({ errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER });
    expect(stage(from(0, 2, 1))).toMatchObject({ errorCode: 0, baseOffset: 4 });
    expect(stage(from(4, 2, 0))).toMatchObject({ errorCode: ErrorCode.INVALID_PRODUCER_EPOCH });
    expect(log.commit()).toBe(ErrorCode.NONE);
    expect(log.fields.endOffset).toBe(6);
    expect(offer(log, from(2, 2, 1))).toEqual(taken(6));
  });

  test("a commit that fails is forgotten: the same batches may come again", () => {
    const { disk, log } = openedLog();
    offer(log, from(0));
    disk.inject({ call: "write", nth: 1, code: "ENOSPC", partWritten: 0.7 });
    const arena = new Uint8Array([...from(2), ...from(4), ...from(0, 2, 0, 77)]);
    const size = from(2).length;
    for (let at = 0; at < arena.length; at += size) expect(log.stage(arena, at, size).errorCode).toBe(0);
    expect(log.commit()).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    expect(log.fields.endOffset).toBe(2);
    expect(offer(log, from(0))).toEqual(known(0));
    expect(offer(log, from(2))).toEqual(taken(2));
    expect(offer(log, from(9, 2, 0, 77))).toEqual(taken(4));
  });

  test("duplicates are known after a clean stop and after a crash", () => {
    const { disk, log } = openedLog();
    for (let count = 0; count < 3; count++) append(log, from(count * 2));
    sync(disk, log);
    const crashed = disk.crashed(7);
    expect(log.close().ok).toBe(true);
    const reopened = openLog(environmentOn(disk), opening({}, { wasCleanShutdown: true }));
    expect(offer(reopened, from(4))).toEqual(known(4));
    expect(offer(reopened, from(6))).toEqual(taken(6));
    const recovered = openLog(environmentOn(crashed));
    for (let count = 0; count < 3; count++)
      expect(offer(recovered, from(count * 2))).toEqual(known(count * 2));
  });

  test("at most so many producers are remembered: the one idle longest is forgotten", () => {
    const { log } = openedLog({ producerIdsMax: 3 });
    for (let id = 1; id <= 3; id++) offer(log, from(0, 1, 0, id));
    offer(log, from(1, 1, 0, 1));
    offer(log, from(0, 1, 0, 4));
    expect(offer(log, from(5, 1, 0, 2))).toEqual(taken(5, 1));
    expect(offer(log, from(9, 1, 0, 1)).errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
  });

  test("a producer not heard of for producer.id.expiration.ms is forgotten", () => {
    const { log, clock } = openedLog({ producerIdExpirationMs: 1000 });
    offer(log, from(0, 1, 0, 1));
    clock.advance(900);
    offer(log, from(0, 1, 0, 2));
    clock.advance(200);
    expect(log.maintain().producersExpired).toBe(1);
    expect(offer(log, from(7, 1, 0, 1))).toEqual(taken(2, 1));
    expect(offer(log, from(7, 1, 0, 2)).errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
  });
});
