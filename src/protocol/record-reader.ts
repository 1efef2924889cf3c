import { DecodeError } from "./decode-error.ts";
import { readUtf8 } from "./text.ts";

/** Bits that fit a number exactly, in bytes of 7: longer varints take the slow way. */
const EXACT_VARINT_BYTES = 7;
const VARINT_BYTES_MAX = 5;
const VARLONG_BYTES_MAX = 10;

/** A cursor over uncompressed records. Throws {@link DecodeError} and nothing else. */
export class RecordReader {
  private readonly bytes: Uint8Array;
  /** Of the next byte. */
  position: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.position = at;
    this.end = end;
  }

  int8(): number {
    if (this.position >= this.end) this.fail("a record is cut");
    return (this.bytes[this.position++]! << 24) >> 24;
  }

  /** int32 by zigzag, at most 5 bytes. */
  varint(): number {
    let value = 0;
    for (let index = 0; index < VARINT_BYTES_MAX; index++) {
      const byte = this.int8();
      if (index === VARINT_BYTES_MAX - 1 && (byte & 0xff) > 0x0f) break;
      value |= (byte & 0x7f) << (7 * index);
      if (byte >= 0) return (value >>> 1) ^ -(value & 1);
    }
    return this.fail("a varint of more than 32 bits");
  }

  /** int64 by zigzag, at most 10 bytes; saturates at ±(2^53-1). */
  varlong(): number {
    const start = this.position;
    let value = 0;
    let scale = 1;
    for (let index = 0; index < EXACT_VARINT_BYTES; index++) {
      const byte = this.int8();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte >= 0) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    this.position = start;
    return this.longVarlong();
  }

  /** A view, not a copy; length -1 is null. */
  byteRange(): Uint8Array | null {
    const length = this.varint();
    if (length === -1) return null;
    const at = this.take(length);
    return this.bytes.subarray(at, at + length);
  }

  text(): string {
    const length = this.varint();
    const at = this.take(length);
    return readUtf8(this.bytes, at, at + length);
  }

  /** Position where `length` bytes start, which are now taken. */
  take(length: number): number {
    const at = this.position;
    if (length < 0 || length > this.end - at) this.fail(`${length} bytes wanted, ${this.end - at} left`);
    this.position = at + length;
    return at;
  }

  fail(reason: string): never {
    throw new DecodeError(`records, byte ${this.position}: ${reason}`);
  }

  private longVarlong(): number {
    let value = 0n;
    for (let index = 0; index < VARLONG_BYTES_MAX; index++) {
      const byte = this.int8();
      if (index === VARLONG_BYTES_MAX - 1 && (byte & 0xff) > 0x01) break;
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte >= 0) return saturate((value >> 1n) ^ -(value & 1n));
    }
    return this.fail("a varint of more than 64 bits");
  }
}

function saturate(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) return Number.MAX_SAFE_INTEGER;
  if (value < BigInt(Number.MIN_SAFE_INTEGER)) return Number.MIN_SAFE_INTEGER;
  return Number(value);
}
