import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { Dispatch } from "../../src/net/dispatch.ts";
import type { Frame } from "../../src/net/frame.ts";
import { FrameCutter, FrameError } from "../../src/net/frame-cutter.ts";
import { FramePool } from "../../src/net/frame-pool.ts";
import { IDLE_FRAME_BYTES_MAX, POOLED_FRAME_BYTES_MAX } from "../../src/net/net-limits.ts";
import { answer, frame, NetBed, patternBytes } from "./support.ts";

const LIMIT = 16 << 20;
const POISON = 0xdd;

let bed = new NetBed();
afterEach(async () => {
  await bed.end();
  bed = new NetBed();
});

describe("FrameCutter with memory that is used again", () => {
  test("frames stay as they came until they are released, whatever else is released and overwritten", () => {
    const sizes = fc.array(
      fc.oneof(
        fc.integer({ min: 0, max: 6000 }),
        fc.integer({ min: 6000, max: 40_000 }),
        fc.integer({ min: 0, max: 300_000 }),
      ),
      { minLength: 1, maxLength: 14 },
    );
    const chunks = fc.array(
      fc.oneof(fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 1, max: 200_000 })),
      {
        minLength: 1,
      },
    );
    // How many frames later each is released; 0: never.
    const holds = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1 });
    fc.assert(
      fc.property(sizes, chunks, holds, (frameSizes, chunkSizes, holdFor) => {
        const payloads = frameSizes.map((size, index) => patternBytes(size, index + 1));
        const cutter = new FrameCutter(LIMIT, new FramePool());
        const held = new Map<number, { frame: Frame; until: number }>();
        let cut = 0;
        const check = (index: number): void => {
          expect(Buffer.compare(held.get(index)!.frame.bytes, payloads[index]!)).toBe(0);
        };
        for (const chunk of freshChunks(Buffer.concat(payloads.map(frame)), chunkSizes)) {
          cutter.push(chunk);
          for (let next = cutter.next(); next !== null; next = cutter.next()) {
            if (next instanceof FrameError) throw new Error(next.reason);
            const hold = holdFor[cut % holdFor.length]!;
            held.set(cut, { frame: next, until: hold === 0 ? Number.POSITIVE_INFINITY : cut + hold });
            cut++;
            for (const [index, { frame: old, until }] of held) {
              if (until > cut) continue;
              check(index);
              held.delete(index);
              old.bytes.fill(POISON);
              old.release();
              old.release();
            }
          }
        }
        expect(cut).toBe(payloads.length);
        for (const index of held.keys()) check(index);
      }),
      { numRuns: 150, seed: 20_261 },
    );
  });

  test("a chunk is freed when its last frame is released, and not while one is kept", () => {
    const chunk = new Uint8Array(
      Buffer.concat([frame(patternBytes(50_000, 1)), frame(patternBytes(9000, 2))]),
    );
    const cutter = new FrameCutter(LIMIT, new FramePool());
    cutter.push(chunk);
    const [first, second] = [cutter.next() as Frame, cutter.next() as Frame];
    first.release();
    expect(Buffer.compare(second.bytes, patternBytes(9000, 2))).toBe(0);
    second.release();
    expect(chunk.byteLength).toBe(0);
    expect(second.bytes.byteLength).toBe(0);
  });

  test("chunks of a frame that was put together are freed at once, without its release", () => {
    const stream = frame(patternBytes(300_000, 3));
    const chunks = freshChunks(stream, [100_000]);
    const cutter = new FrameCutter(LIMIT, new FramePool());
    for (const chunk of chunks) cutter.push(chunk);
    const whole = cutter.next() as Frame;
    expect(chunks.map((chunk) => chunk.byteLength)).toEqual([0, 0, 0, 4]);
    expect(Buffer.compare(whole.bytes, patternBytes(300_000, 3))).toBe(0);
  });

  test("a chunk whose rest is not cut yet outlives its released frames", () => {
    const stream = Buffer.concat([frame(patternBytes(40_000, 1)), frame(patternBytes(40_000, 2))]);
    const [head, tail] = freshChunks(stream, [60_000]) as [Uint8Array, Uint8Array];
    const cutter = new FrameCutter(LIMIT, new FramePool());
    cutter.push(head);
    (cutter.next() as Frame).release();
    expect(cutter.next()).toBeNull();
    expect(head.byteLength).toBe(60_000);
    cutter.push(tail);
    expect(Buffer.compare((cutter.next() as Frame).bytes, patternBytes(40_000, 2))).toBe(0);
  });
});

describe("FramePool", () => {
  test("hands the newest buffer out again, and none twice", () => {
    const pool = new FramePool();
    const first = pool.take(100_000);
    const second = pool.take(70_000);
    expect(second.buffer).not.toBe(first.buffer);
    pool.giveBack(first);
    pool.giveBack(second);
    expect(pool.take(80_000).buffer).toBe(second.buffer);
    expect(pool.take(131_072).buffer).toBe(first.buffer);
    pool.giveBack(first);
    expect(() => pool.giveBack(first)).toThrow("a buffer is given back once");
  });

  test("keeps no more than its limit of idle memory, and nothing after a sweep without use", () => {
    const pool = new FramePool();
    const frames = Array.from({ length: 20 }, () => pool.take(POOLED_FRAME_BYTES_MAX));
    expect(pool.idleBytes).toBe(0);
    for (const bytes of frames) pool.giveBack(bytes);
    expect(pool.idleBytes).toBe(IDLE_FRAME_BYTES_MAX);
    expect(frames.filter((bytes) => bytes.byteLength > 0).length).toBe(
      IDLE_FRAME_BYTES_MAX / POOLED_FRAME_BYTES_MAX,
    );
    pool.sweep();
    expect(pool.idleBytes).toBe(IDLE_FRAME_BYTES_MAX);
    pool.sweep();
    expect(pool.idleBytes).toBe(0);
    expect(frames.every((bytes) => bytes.byteLength === 0)).toBe(true);
  });

  test("leaves the very small and the very large to themselves", () => {
    const pool = new FramePool();
    expect(
      [100, 10_000, POOLED_FRAME_BYTES_MAX, POOLED_FRAME_BYTES_MAX + 1].map((n) => pool.takes(n)),
    ).toEqual([false, true, true, false]);
    const cutter = new FrameCutter(LIMIT, pool);
    for (const chunk of freshChunks(frame(patternBytes(5 << 20, 1)), [1 << 20])) cutter.push(chunk);
    const large = cutter.next() as Frame;
    expect(Buffer.compare(large.bytes, patternBytes(5 << 20, 1))).toBe(0);
    large.release();
    expect(large.bytes.byteLength).toBe(0);
    expect(pool.idleBytes).toBe(0);
  });
});

describe("a listener whose handlers release", () => {
  /** Copies at once or later, as a produce does that waits for room; then overwrites what it gives back. */
  const copying: Dispatch = async (_peer, request, lease) => {
    if (request[0]! % 2 === 1) await Bun.sleep(request[0]! % 5);
    const copy = new Uint8Array(request);
    request.fill(POISON);
    lease.release();
    await Bun.sleep(0);
    return answer(copy);
  };

  test("answers every frame of many connections with its own bytes", async () => {
    const listener = bed.listen(copying);
    const sizes = [1, 900, 9000, 70_000, 66_000, 20, 1_000_000, 300_000, 5_000_000, 131_072, 0x1000, 250_000];
    await Promise.all(
      Array.from({ length: 6 }, async (_, connection) => {
        const client = await bed.connect(listener);
        const payloads = sizes.map((size, index) =>
          patternBytes(size, 1 + ((connection * 37 + index) % 250)),
        );
        const stream = Buffer.concat(payloads.map(frame));
        for (const chunk of freshChunks(stream, [1 + connection * 7001, 65_536, 13, 400_000]))
          client.send(chunk);
        const answers = await client.frames(payloads.length);
        for (const [index, payload] of payloads.entries())
          expect(Buffer.compare(answers[index]!, payload)).toBe(0);
      }),
    );
    await Bun.sleep(20);
    expect(listener.counters.queuedRequestBytes).toBe(0);
  });
});

/** Copies of the stream's pieces, each alone in its memory as what a socket delivers. */
function freshChunks(stream: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, index = 0; at < stream.byteLength; index++) {
    const end = Math.min(stream.byteLength, at + sizes[index % sizes.length]!);
    chunks.push(new Uint8Array(stream.subarray(at, end)));
    at = end;
  }
  return chunks;
}
