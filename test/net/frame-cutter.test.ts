import { heapSize } from "bun:jsc";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Frame } from "../../src/net/frame.ts";
import { FrameCutter, FrameError } from "../../src/net/frame-cutter.ts";
import { FramePool } from "../../src/net/frame-pool.ts";
import { frame, patternBytes } from "./support.ts";

const LIMIT = 1 << 20;

describe("FrameCutter", () => {
  test("cuts the same frames wherever the stream is split in two", () => {
    const payloads = [patternBytes(7, 1), new Uint8Array(0), patternBytes(1, 2), patternBytes(300, 3)];
    const stream = Buffer.concat(payloads.map(frame));
    for (let split = 0; split <= stream.byteLength; split++) {
      const frames = cutAll([stream.subarray(0, split), stream.subarray(split)]);
      expect(frames).toEqual(payloads.map((payload) => Buffer.from(payload)));
    }
  });

  test("cuts the same frames for any sizes of frames and chunks", () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 30_000 })), {
      maxLength: 12,
    });
    const chunks = fc.array(fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 20_000 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(sizes, chunks, (frameSizes, chunkSizes) => {
        const payloads = frameSizes.map((size, index) => patternBytes(size, index + 1));
        const stream = Buffer.concat(payloads.map(frame));
        const frames = cutAll(splitBy(stream, chunkSizes));
        expect(frames.length).toBe(payloads.length);
        for (const [index, payload] of payloads.entries()) {
          expect(Buffer.compare(frames[index]!, payload)).toBe(0);
        }
      }),
      { numRuns: 200, seed: 20_251 },
    );
  });

  test("does not copy a frame that came whole in one chunk", () => {
    const chunk = Buffer.concat([frame(patternBytes(10_000, 1)), frame(patternBytes(10_000, 2))]);
    const cutter = new FrameCutter(LIMIT, new FramePool());
    cutter.push(chunk);
    for (let index = 0; index < 2; index++) {
      expect((cutter.next() as Frame).bytes.buffer).toBe(chunk.buffer);
    }
  });

  test("a tiny frame does not keep a large chunk alive", () => {
    const chunk = Buffer.concat([frame("tiny"), frame(patternBytes(500_000, 2))]);
    const cutter = new FrameCutter(LIMIT, new FramePool());
    cutter.push(chunk);
    expect((cutter.next() as Frame).bytes.buffer.byteLength).toBe(4);
  });

  test.each([-1, -(2 ** 31)])("refuses a frame of length %d", (length) => {
    expect(cutPrefix(length)).toBeInstanceOf(FrameError);
  });

  test("refuses a frame over the limit as soon as its prefix is there, and takes one at the limit", () => {
    expect(cutPrefix(LIMIT + 1)).toBeInstanceOf(FrameError);
    expect(cutPrefix(2 ** 31 - 1)).toBeInstanceOf(FrameError);
    expect(cutPrefix(LIMIT)).toBeNull();
  });

  test("memory follows the bytes that came, not the length that was declared", () => {
    const before = process.memoryUsage.rss();
    const cutters = Array.from({ length: 50 }, () => new FrameCutter(100 << 20, new FramePool()));
    for (const cutter of cutters) {
      const prefix = Buffer.alloc(14);
      prefix.writeInt32BE(100 << 20);
      cutter.push(prefix);
      expect(cutter.next()).toBeNull();
      expect(cutter.heldBytes).toBe(10);
    }
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 << 20);
  });

  test("a frame that trickles in byte by byte takes about its own size", () => {
    const payload = patternBytes(1 << 20, 5);
    const stream = frame(payload);
    const cutter = new FrameCutter(LIMIT, new FramePool());
    Bun.gc(true);
    const before = heapSize();
    for (let at = 0; at < stream.byteLength - 1; at++) {
      cutter.push(new Uint8Array(stream.subarray(at, at + 1)));
      if (cutter.next() !== null) throw new Error("cut before the last byte");
    }
    Bun.gc(true);
    expect(heapSize() - before).toBeLessThan(4 << 20);
    cutter.push(stream.subarray(stream.byteLength - 1));
    expect(Buffer.compare((cutter.next() as Frame).bytes, payload)).toBe(0);
    expect(cutter.heldBytes).toBe(0);
  });
});

function cutAll(chunks: readonly Uint8Array[]): Buffer[] {
  const cutter = new FrameCutter(LIMIT, new FramePool());
  const frames: Buffer[] = [];
  for (const chunk of chunks) {
    cutter.push(chunk);
    for (let next = cutter.next(); next !== null; next = cutter.next()) {
      if (next instanceof FrameError) throw new Error(next.reason);
      frames.push(Buffer.from(next.bytes));
      next.release();
    }
  }
  expect(cutter.heldBytes).toBe(0);
  return frames;
}

function cutPrefix(length: number): Frame | FrameError | null {
  const prefix = Buffer.alloc(4);
  prefix.writeInt32BE(length);
  const cutter = new FrameCutter(LIMIT, new FramePool());
  cutter.push(prefix);
  return cutter.next();
}

function splitBy(stream: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, index = 0; at < stream.byteLength; index++) {
    const end = Math.min(stream.byteLength, at + sizes[index % sizes.length]!);
    chunks.push(stream.subarray(at, end));
    at = end;
  }
  return chunks;
}
