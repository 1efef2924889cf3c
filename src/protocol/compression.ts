import { DecodeError } from "./decode-error.ts";
import { lz4ContentBytes } from "./lz4-frame.ts";
import { snappyCompress, snappyDecompress } from "./snappy.ts";

/**
 * Loaded when the first such batch comes. Every thread could meet one, few do, and each that loads them pays for it: a
 * heap of its own has a copy of `node:zlib` (1.2 MB) and of each library's binding.
 */
const zlib = (): typeof import("node:zlib") => require("node:zlib") as typeof import("node:zlib");
const lz4 = (): typeof import("lz4-napi") => require("lz4-napi") as typeof import("lz4-napi");

/** Bits 0-2 of a batch's attributes. */
export const Compression = { NONE: 0, GZIP: 1, SNAPPY: 2, LZ4: 3, ZSTD: 4 } as const;

export type Compression = (typeof Compression)[keyof typeof Compression];

/** More than deflate can reach (1032): whatever expands further is made to, and zstd would go to 30,000. */
const RATIO_MAX = 1_100;
/** Up to here any ratio will do. */
const RATIO_FREE_BYTES = 1_048_576;

/** Compresses one block of records. Any thread; blocks it. */
export function compress(codec: Compression, bytes: Uint8Array): Uint8Array {
  switch (codec) {
    case Compression.NONE:
      return bytes;
    case Compression.GZIP:
      return zlib().gzipSync(bytes);
    case Compression.SNAPPY:
      return snappyCompress(bytes);
    case Compression.LZ4:
      return lz4().compressFrameSync(asBuffer(bytes));
    case Compression.ZSTD:
      return zlib().zstdCompressSync(bytes);
  }
}

/**
 * Decompresses one block of records. Never makes more than `limitBytes`, nor more than the ratio cap allows: gzip and
 * zstd stop there while they decompress, lz4 and snappy are measured before. Any thread; blocks it. Throws
 * {@link DecodeError} and nothing else. `codec` may come from a batch's attributes as it is.
 */
export function decompress(codec: number, bytes: Uint8Array, limitBytes: number): Uint8Array {
  const limit = Math.min(limitBytes, Math.max(RATIO_FREE_BYTES, bytes.length * RATIO_MAX));
  try {
    const content = decompressWithin(codec, bytes, limit);
    return new Uint8Array(content.buffer, content.byteOffset, content.length);
  } catch (error) {
    throw error instanceof DecodeError ? error : new DecodeError(`codec ${codec}: ${reasonOf(error)}`);
  }
}

function decompressWithin(codec: number, bytes: Uint8Array, limitBytes: number): Uint8Array {
  switch (codec) {
    case Compression.NONE:
      if (bytes.length > limitBytes) throw new DecodeError(`records of more than ${limitBytes} bytes`);
      return bytes;
    case Compression.GZIP:
      return zlib().gunzipSync(bytes, { maxOutputLength: limitBytes });
    case Compression.SNAPPY:
      return snappyDecompress(bytes, limitBytes);
    case Compression.LZ4:
      return lz4Decompress(bytes, limitBytes);
    case Compression.ZSTD:
      return zlib().zstdDecompressSync(bytes, { maxOutputLength: limitBytes });
    default:
      throw new DecodeError(`there is no codec ${codec}`);
  }
}

function lz4Decompress(bytes: Uint8Array, limitBytes: number): Uint8Array {
  const length = lz4ContentBytes(bytes, limitBytes);
  const content = lz4().decompressFrameSync(asBuffer(bytes));
  if (content.length !== length)
    throw new DecodeError(`lz4: ${content.length} bytes where ${length} were found`);
  return content;
}

/** A view, as the type that lz4-napi asks for. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** The native libraries' errors carry codes or short texts of their own, no data. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
