import { expect, test, vi } from "vitest";
import type { FileDescriptor, FilePosition } from "../../src/base/units.ts";
import { allocateSpanPins, SpanPins } from "../../src/io/span-pins.ts";
import { ColdReads } from "../../src/workers/cold-reads.ts";

const MIB = 1024 * 1024;

/** Cold reads over a disk that brings a range when the test says so. */
function start() {
  const fd = 7 as FileDescriptor;
  const pins = new SpanPins(allocateSpanPins(4));
  const slot = pins.open(fd);
  const asked: { position: number; length: number; bring: (errorCode: string | null) => void }[] = [];
  const reads = new ColdReads(
    {
      syncFile: async () => null,
      syncFileNow: () => null,
      syncDirectory: async () => null,
      readThrough: (_fd, position, length) =>
        new Promise((bring) => void asked.push({ position, length, bring })),
    },
    pins,
  );
  const read = (position: number, aheadBytes: number) =>
    new Promise<string | null>((resolve) =>
      reads.read({ fd, position: position as FilePosition, length: MIB, aheadBytes }, slot, resolve),
    );
  const nextAsked = async (count: number) => {
    await vi.waitFor(() => expect(asked).toHaveLength(count));
    return asked[count - 1]!;
  };
  return { pins, slot, reads, read, nextAsked };
}

test("ranges are read one after the other, and the file stays open until the last is", async () => {
  const { pins, slot, reads, read, nextAsked } = start();
  const [first, second] = [read(0, 0), read(5 * MIB, 0)];
  (await nextAsked(1)).bring(null);
  expect(await first).toBeNull();
  expect(reads.isAwaited).toBe(true);
  const other = await nextAsked(2);
  expect(other.position).toBe(5 * MIB);
  expect(pins.isPinned(slot)).toBe(true);
  other.bring("EIO");
  expect(await second).toBe("EIO");
  expect(reads.isAwaited).toBe(false);
  await vi.waitFor(() => expect(reads.isReading).toBe(false));
  expect(pins.isPinned(slot)).toBe(false);
});

test("a thread that stops waits for what is being read, and reads no further ahead", async () => {
  const { pins, slot, reads, read, nextAsked } = start();
  const first = read(0, 8 * MIB);
  (await nextAsked(1)).bring(null);
  await first;
  const ahead = await nextAsked(2);
  let isStopped = false;
  const stopped = reads.stop().then(() => {
    isStopped = true;
  });
  await Promise.resolve();
  expect(isStopped).toBe(false);
  ahead.bring(null);
  await stopped;
  expect(reads.isReading).toBe(false);
  expect(pins.isPinned(slot)).toBe(false);
});

test("reading ahead answers nobody, and makes way for a fetch that waits", async () => {
  const { pins, slot, reads, read, nextAsked } = start();
  const first = read(0, 8 * MIB);
  (await nextAsked(1)).bring(null);
  expect(await first).toBeNull();
  const ahead = await nextAsked(2);
  expect(ahead.position).toBe(MIB);
  expect({ isAwaited: reads.isAwaited, isReading: reads.isReading }).toEqual({
    isAwaited: false,
    isReading: true,
  });
  const second = read(20 * MIB, 0);
  ahead.bring(null);
  const awaited = await nextAsked(3);
  expect(awaited.position).toBe(20 * MIB);
  awaited.bring(null);
  expect(await second).toBeNull();
  await vi.waitFor(() => expect(reads.isReading).toBe(false));
  expect(pins.isPinned(slot)).toBe(false);
});
