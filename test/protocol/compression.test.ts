import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { compressSync as rawSnappy } from "snappy";
import { describe, expect, test } from "vitest";
import { Compression, compress, decompress } from "../../src/protocol/compression.ts";
import { DecodeError } from "../../src/protocol/decode-error.ts";
import { lz4ContentBytes } from "../../src/protocol/lz4-frame.ts";
import { joinBytes, sameBytes, sharedCopy, unsignedVarint } from "./bytes.ts";

const MIB = 1_048_576;
const codecs = Object.entries(Compression).map(([name, codec]) => ({ name, codec }));

/** Text-like, random and long repeated content, up to several blocks of each format. */
const content = fc.oneof(
  fc.uint8Array({ maxLength: 1000 }),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 9000 }))
    .map(([unit, times]) => {
      const all = new Uint8Array(unit.length * times);
      for (let at = 0; at < all.length; at += unit.length) all.set(unit, at);
      return all;
    }),
);

describe.each(codecs)("$name", ({ codec }) => {
  test("decompressing what was compressed gives the same bytes, also from shared memory", () => {
    fc.assert(
      fc.property(content, (bytes) => {
        const compressed = compress(codec, bytes);
        expect(sameBytes(decompress(codec, compressed, MIB), bytes)).toBe(true);
        expect(sameBytes(decompress(codec, sharedCopy(compressed), MIB), bytes)).toBe(true);
        expect(sameBytes(compress(codec, sharedCopy(bytes)), compressed)).toBe(true);
      }),
      { seed: 11, numRuns: 50 },
    );
  });

  test("the limit is exact: the last byte fits, one more does not", () => {
    const bytes = new Uint8Array(200_000).map((_, index) => (index * 7919) >> 8);
    const compressed = compress(codec, bytes);
    expect(decompress(codec, compressed, bytes.length)).toHaveLength(bytes.length);
    expect(() => decompress(codec, compressed, bytes.length - 1)).toThrow(DecodeError);
  });

  test("garbage is a DecodeError", () => {
    if (codec === Compression.NONE) return;
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (bytes) => {
        try {
          decompress(codec, bytes, MIB);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      { seed: 12, numRuns: 300 },
    );
  });
});

test("a codec that does not exist is a DecodeError", () => {
  expect(() => decompress(5, new Uint8Array(3), MIB)).toThrow(/no codec 5/);
});

describe("a bomb costs neither time nor memory", () => {
  const zeros = new Uint8Array(64 * MIB);
  const bombs = [
    { name: "gzip", codec: Compression.GZIP, bytes: gzipSync(zeros) },
    { name: "zstd", codec: Compression.ZSTD, bytes: zstdCompressSync(zeros) },
    { name: "lz4", codec: Compression.LZ4, bytes: compress(Compression.LZ4, zeros) },
    { name: "snappy", codec: Compression.SNAPPY, bytes: rawSnappy(zeros) },
    {
      name: "xerial snappy",
      codec: Compression.SNAPPY,
      bytes: xerial(new Array<Uint8Array>(64).fill(rawSnappy(Buffer.from(zeros.subarray(0, MIB))))),
    },
  ];

  test.each(bombs)("$name", ({ codec, bytes }) => {
    const rssBefore = process.memoryUsage.rss();
    const start = performance.now();
    expect(() => decompress(codec, bytes, MIB)).toThrow(DecodeError);
    expect(performance.now() - start).toBeLessThan(200);
    expect(process.memoryUsage.rss() - rssBefore).toBeLessThan(32 * MIB);
  });

  test("a generous limit does not let a ratio through that only bombs have", () => {
    const zstd = bombs[1]!.bytes;
    expect(zeros.length / zstd.length).toBeGreaterThan(10_000);
    expect(() => decompress(Compression.ZSTD, zstd, zeros.length)).toThrow(DecodeError);
  });
});

describe("lz4 frames", () => {
  const bytes = new TextEncoder().encode("to be or not to be, that is the question ".repeat(50));
  const frame = compress(Compression.LZ4, bytes);

  test("are measured without being decompressed", () => {
    expect(lz4ContentBytes(frame, MIB)).toBe(bytes.length);
  });

  test("are refused when they are cut or have something behind them", () => {
    for (let length = 0; length < frame.length; length++) {
      expect(() => lz4ContentBytes(frame.subarray(0, length), MIB)).toThrow(DecodeError);
    }
    expect(() => lz4ContentBytes(joinBytes([frame, new Uint8Array(1)]), MIB)).toThrow(DecodeError);
  });

  test("stop being measured when the limit is passed", () => {
    expect(() => lz4ContentBytes(frame, bytes.length - 1)).toThrow(/more than/);
  });
});

describe("snappy", () => {
  const bytes = new Uint8Array(100_000).map((_, index) => index % 100);

  test("is read raw, as clients in C and Go send it", () => {
    expect(sameBytes(decompress(Compression.SNAPPY, rawSnappy(Buffer.from(bytes)), MIB), bytes)).toBe(true);
  });

  test("is read in the framing of Java's library", () => {
    const blocks = [bytes.subarray(0, 32_768), bytes.subarray(32_768, 65_536), bytes.subarray(65_536)];
    const framed = xerial(blocks.map((block) => rawSnappy(Buffer.from(block))));
    expect(sameBytes(decompress(Compression.SNAPPY, framed, bytes.length), bytes)).toBe(true);
    expect(() => decompress(Compression.SNAPPY, framed, bytes.length - 1)).toThrow(/more than/);
    for (let cut = 1; cut < framed.length - 16; cut += 97) {
      const rest = framed.subarray(0, framed.length - cut);
      expect(decompressOrNull(rest)?.length ?? 0).toBeLessThan(bytes.length);
    }
  });

  test("a declared size beyond the limit is refused before anything is made", () => {
    const claims = joinBytes([unsignedVarint(0xffff_ffff), new Uint8Array(10)]);
    expect(() => decompress(Compression.SNAPPY, claims, MIB)).toThrow(/more than 1048576 bytes/);
  });
});

function decompressOrNull(bytes: Uint8Array): Uint8Array | null {
  try {
    return decompress(Compression.SNAPPY, bytes, MIB);
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
    return null;
  }
}

function xerial(blocks: readonly Uint8Array[]): Uint8Array {
  const header = Buffer.from("\x82SNAPPY\0\0\0\0\u0001\0\0\0\u0001", "latin1");
  const framed = blocks.flatMap((block) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    return [length, block];
  });
  return joinBytes([header, ...framed]);
}
