import { describe, expect, test } from "vitest";
import type { FileDescriptor } from "../../src/base/units.ts";
import { allocateSpanPins, SpanPins } from "../../src/io/span-pins.ts";

const fd = (number: number): FileDescriptor => number as FileDescriptor;

describe("span pins", () => {
  test("keep a slot from being closed until every pin is taken off, by whichever thread", () => {
    const memory = allocateSpanPins(4);
    const worker = new SpanPins(memory);
    const main = new SpanPins(memory);
    const slot = worker.open(fd(17));
    worker.pin(slot);
    worker.pin(slot);
    expect(() => worker.close(slot)).toThrow(/pinned/);
    main.unpin(slot);
    expect(worker.isPinned(slot)).toBe(true);
    main.unpin(slot);
    expect(worker.isPinned(slot)).toBe(false);
    worker.close(slot);
    expect(main.isSlotOpen(slot)).toBe(false);
  });

  test("answer -1 when full, and give a closed slot out again exactly once", () => {
    const pins = new SpanPins(allocateSpanPins(2));
    const slots = [pins.open(fd(3)), pins.open(fd(4))];
    expect([...slots].sort()).toEqual([0, 1]);
    expect(pins.open(fd(5))).toBe(-1);
    pins.close(slots[0]!);
    expect(pins.open(fd(6))).toBe(slots[0]);
    expect(pins.open(fd(7))).toBe(-1);
  });

  test("name the descriptors that a dead owner has left open, descriptor 0 included", () => {
    const memory = allocateSpanPins(8);
    const worker = new SpanPins(memory);
    worker.open(fd(0));
    const closed = worker.open(fd(21));
    worker.open(fd(22));
    worker.close(closed);
    expect(new SpanPins(memory).openSlots()).toEqual([
      { slot: 0, fd: 0 },
      { slot: 2, fd: 22 },
    ]);
  });

  test("let a new owner of the same memory go on where the old one stopped", () => {
    const memory = allocateSpanPins(3);
    new SpanPins(memory).open(fd(9));
    const next = new SpanPins(memory);
    expect([next.open(fd(10)), next.open(fd(11)), next.open(fd(12))]).toEqual([1, 2, -1]);
    const later = new SpanPins(memory);
    later.close(1);
    expect([later.open(fd(13)), later.open(fd(14))]).toEqual([1, -1]);
  });

  test("treat an unpin without a pin, and a pin of a free slot, as bugs", () => {
    const pins = new SpanPins(allocateSpanPins(1));
    expect(() => pins.pin(0)).toThrow(/open slots/);
    const slot = pins.open(fd(5));
    expect(() => pins.unpin(slot)).toThrow(/more often/);
  });
});
