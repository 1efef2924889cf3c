import { DecodeError } from "./decode-error.ts";

/**
 * LZ4 frame format, little-endian: magic, FLG, BD, [content size 8], [dictionary id 4], header checksum 1; then blocks
 * of { size 4 (top bit: stored), data, [checksum 4] } up to a size of 0; then [content checksum 4].
 * A block is sequences of { token, [literal length…], literals, offset 2, [match length…] }; the last has no match.
 */
const MAGIC = 0x184d2204;
const FIXED_HEADER_BYTES = 6;
const FLAG_BLOCK_CHECKSUM = 0x10;
const FLAG_CONTENT_SIZE = 0x08;
const FLAG_CONTENT_CHECKSUM = 0x04;
const FLAG_DICTIONARY = 0x01;
const STORED_BIT = 0x8000_0000;
const MATCH_BYTES_MIN = 4;

/**
 * The exact size of what one frame decompresses to, found by walking its sequences without writing anything: the
 * native decoder takes no limit, and a frame need not say how large it is. Stops as soon as `limitBytes` is passed.
 * Throws {@link DecodeError}.
 */
export function lz4ContentBytes(frame: Uint8Array, limitBytes: number): number {
  if (frame.length < FIXED_HEADER_BYTES + 1 || readUint32(frame, 0) !== MAGIC) refuse("is not a frame");
  const flags = frame[4]!;
  if (flags >> 6 !== 1 || (flags & FLAG_DICTIONARY) !== 0) refuse("has unknown features");

  let at = FIXED_HEADER_BYTES + ((flags & FLAG_CONTENT_SIZE) !== 0 ? 8 : 0) + 1;
  let total = 0;
  for (;;) {
    if (at + 4 > frame.length) refuse("is cut");
    const header = readUint32(frame, at);
    at += 4;
    if (header === 0) break;
    const length = header % STORED_BIT;
    if (length > frame.length - at) refuse("is cut");
    total += header >= STORED_BIT ? length : blockContentBytes(frame, at, at + length, limitBytes - total);
    if (total > limitBytes) refuse(`holds more than ${limitBytes} bytes`);
    at += length + ((flags & FLAG_BLOCK_CHECKSUM) !== 0 ? 4 : 0);
  }
  if (at + ((flags & FLAG_CONTENT_CHECKSUM) !== 0 ? 4 : 0) !== frame.length) refuse("has a wrong end");
  return total;
}

function blockContentBytes(bytes: Uint8Array, from: number, to: number, limitBytes: number): number {
  let at = from;
  let total = 0;
  while (at < to && total <= limitBytes) {
    const token = bytes[at++]!;
    let literals = token >> 4;
    if (literals === 15) {
      for (let more = 255; more === 255 && at < to; literals += more) more = bytes[at++]!;
    }
    at += literals;
    total += literals;
    if (at >= to) break;
    at += 2;
    let match = token & 15;
    if (match === 15) {
      for (let more = 255; more === 255 && at < to; match += more) more = bytes[at++]!;
    }
    total += match + MATCH_BYTES_MIN;
  }
  if (at !== to && total <= limitBytes) refuse("has a block that does not end");
  return total;
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

function refuse(reason: string): never {
  throw new DecodeError(`lz4: ${reason}`);
}
