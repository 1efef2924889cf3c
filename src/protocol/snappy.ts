import { readInt32 } from "./big-endian.ts";
import { DecodeError } from "./decode-error.ts";

/**
 * Snappy as Kafka clients send it: one raw block (librdkafka, Go, …), or the framing of the xerial library (Java):
 *
 *     0x82 "SNAPPY" 0x00, int32 version, int32 compatible version, then blocks of { int32 length, raw block }
 *
 * all big-endian. A raw block starts with its uncompressed size as a varint.
 */
const XERIAL_MAGIC = new Uint8Array([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

/** Native code: mapped when the first such batch comes. */
const native = (): typeof import("snappy") => require("snappy") as typeof import("snappy");

/** One raw block: every client reads it, Java's too, and some read nothing else. */
export function snappyCompress(bytes: Uint8Array): Uint8Array {
  return native().compressSync(bytes);
}

/** Checks the sizes that all blocks declare against the limit before it decompresses the first. */
export function snappyDecompress(bytes: Uint8Array, limitBytes: number): Uint8Array {
  const blocks = isXerial(bytes) ? xerialBlocks(bytes) : [bytes];
  let total = 0;
  for (const block of blocks) total += declaredBytes(block);
  if (total > limitBytes) throw new DecodeError(`snappy: holds more than ${limitBytes} bytes`);

  const content = new Uint8Array(total);
  let at = 0;
  for (const block of blocks) {
    const part = native().uncompressSync(block) as Uint8Array;
    // An empty result has no memory at all in Bun: touching it throws.
    if (part.length > 0) content.set(part, at);
    at += part.length;
  }
  return content;
}

function isXerial(bytes: Uint8Array): boolean {
  return bytes.length >= XERIAL_HEADER_BYTES && XERIAL_MAGIC.every((byte, at) => bytes[at] === byte);
}

function xerialBlocks(bytes: Uint8Array): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  let at = XERIAL_HEADER_BYTES;
  while (at < bytes.length) {
    const length = at + 4 <= bytes.length ? readInt32(bytes, at) : -1;
    if (length <= 0 || length > bytes.length - at - 4) throw new DecodeError("snappy: a cut xerial block");
    blocks.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return blocks;
}

/** The size that a raw block starts with; the decoder holds the block to it. */
function declaredBytes(block: Uint8Array): number {
  let value = 0;
  for (let at = 0; at < 5; at++) {
    const byte = block[at] ?? 0x80;
    value += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return value;
  }
  throw new DecodeError("snappy: a block without a size");
}
