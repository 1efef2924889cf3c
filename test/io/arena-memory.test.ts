import { heapStats } from "bun:jsc";
import { describe, expect, test } from "vitest";
import { ArenaMemory, openArenaMemory } from "../../src/io/arena-memory.ts";
import { libc } from "../../src/io/libc.ts";

const MIB = 1024 * 1024;

describe("the memory of an arena", () => {
  test("what is written is read at the same place by who opens it", () => {
    using memory = new ArenaMemory(MIB);
    const seen = openArenaMemory(structuredClone(memory.handle));
    expect(seen.byteLength).toBe(MIB);
    memory.write(0, Uint8Array.of(1, 2, 3));
    memory.write(MIB - 2, Uint8Array.of(8, 9));
    expect([...seen.subarray(0, 4)]).toEqual([1, 2, 3, 0]);
    expect([...seen.subarray(MIB - 3)]).toEqual([0, 8, 9]);
  });

  test("takes nothing beyond its ends, and nothing once it is gone", () => {
    const memory = new ArenaMemory(MIB);
    expect(() => memory.write(MIB - 1, new Uint8Array(2))).toThrow(/lies in the arena/);
    expect(() => memory.write(-1, new Uint8Array(1))).toThrow(/lies in the arena/);
    memory[Symbol.dispose]();
    memory[Symbol.dispose]();
    expect(() => memory.write(0, new Uint8Array(1))).toThrow(/gone/);
  });

  test.skipIf(libc() === null)("is no live memory to the collector of the thread that only writes it", () => {
    Bun.gc(true);
    const before = heapStats().extraMemorySize;
    using memory = new ArenaMemory(256 * MIB);
    memory.write(0, Uint8Array.of(1));
    Bun.gc(true);
    expect(heapStats().extraMemorySize - before).toBeLessThan(64 * MIB);
  });
});
