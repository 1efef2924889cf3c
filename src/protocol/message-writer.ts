import { AssertionError, assert } from "../base/assert.ts";
import { FileSpan, type ResponsePart } from "../base/file-span.ts";
import { writeInt16, writeInt32, writeInt64 } from "./big-endian.ts";
import { STRING_BYTES_MAX } from "./message-reader.ts";
import { UUID_BYTES, utf8Length, writeUtf8, writeUuid } from "./text.ts";

/** Scratch memory that is kept between messages; a larger one is let go when its message is finished. */
const SCRATCH_BYTES_KEPT_MAX = 1_048_576;
const SCRATCH_BYTES_FIRST = 16_384;
/** Frame lengths are int32. */
const MESSAGE_BYTES_MAX = 2_147_483_647;

/**
 * Collects the bytes of one message at a time in scratch memory that is used again; {@link finish} copies them out,
 * one run between two file spans at a time. The compiled writers call its methods in the schema's order. A value that
 * its wire type cannot hold is our own mistake: an assertion.
 */
export class MessageWriter {
  private scratch = new Uint8Array(SCRATCH_BYTES_FIRST);
  private position = 0;
  private spans: FileSpan[] = [];
  /** Where in the scratch memory each span belongs. */
  private spanPositions: number[] = [];
  private messageName = "";
  private version = 0;

  begin(messageName: string, version: number): void {
    this.position = 0;
    this.messageName = messageName;
    this.version = version;
    if (this.spans.length > 0) {
      this.spans = [];
      this.spanPositions = [];
    }
  }

  /** The message's parts; they share no memory with later messages. */
  finish(): ResponsePart[] {
    const parts: ResponsePart[] = [];
    let from = 0;
    for (let index = 0; index < this.spans.length; index++) {
      const to = this.spanPositions[index]!;
      if (to > from) parts.push(this.scratch.slice(from, to));
      parts.push(this.spans[index]!);
      from = to;
    }
    if (this.position > from || parts.length === 0) parts.push(this.scratch.slice(from, this.position));
    if (this.scratch.length > SCRATCH_BYTES_KEPT_MAX) this.scratch = new Uint8Array(SCRATCH_BYTES_FIRST);
    return parts;
  }

  bool(value: boolean): void {
    const at = this.reserve(1);
    this.scratch[at] = value ? 1 : 0;
  }

  int8(value: number): void {
    if (value !== (value << 24) >> 24) this.refuse("int8", value);
    const at = this.reserve(1);
    this.scratch[at] = value;
  }

  int16(value: number): void {
    if (value !== (value << 16) >> 16) this.refuse("int16", value);
    const at = this.reserve(2);
    writeInt16(this.scratch, at, value);
  }

  uint16(value: number): void {
    if (value !== (value & 0xffff)) this.refuse("uint16", value);
    const at = this.reserve(2);
    writeInt16(this.scratch, at, value);
  }

  int32(value: number): void {
    if (value !== (value | 0)) this.refuse("int32", value);
    const at = this.reserve(4);
    writeInt32(this.scratch, at, value);
  }

  uint32(value: number): void {
    if (value !== value >>> 0) this.refuse("uint32", value);
    const at = this.reserve(4);
    writeInt32(this.scratch, at, value);
  }

  int64(value: number): void {
    if (!Number.isSafeInteger(value)) this.refuse("int64", value);
    const at = this.reserve(8);
    writeInt64(this.scratch, at, value);
  }

  float64(value: number): void {
    const at = this.reserve(8);
    new DataView(this.scratch.buffer, at, 8).setFloat64(0, value);
  }

  uuid(value: string): void {
    const at = this.reserve(UUID_BYTES);
    if (value.length !== 22 || writeUuid(this.scratch, at, value) !== UUID_BYTES) this.refuse("uuid", value);
  }

  unsignedVarint(value: number): void {
    let at = this.reserve(5);
    let rest = value;
    while (rest >= 0x80) {
      this.scratch[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.scratch[at++] = rest;
    this.position = at;
  }

  string(text: string): void {
    const length = this.stringLength(text);
    this.int16(length);
    this.text(text, length);
  }

  nullableString(text: string | null): void {
    if (text === null) this.int16(-1);
    else this.string(text);
  }

  compactString(text: string): void {
    const length = this.stringLength(text);
    this.unsignedVarint(length + 1);
    this.text(text, length);
  }

  compactNullableString(text: string | null): void {
    if (text === null) this.unsignedVarint(0);
    else this.compactString(text);
  }

  byteRange(range: Uint8Array | FileSpan): void {
    this.int32(range.length);
    this.range(range);
  }

  nullableByteRange(range: Uint8Array | FileSpan | null): void {
    if (range === null) this.int32(-1);
    else this.byteRange(range);
  }

  compactByteRange(range: Uint8Array | FileSpan): void {
    this.unsignedVarint(range.length + 1);
    this.range(range);
  }

  compactNullableByteRange(range: Uint8Array | FileSpan | null): void {
    if (range === null) this.unsignedVarint(0);
    else this.compactByteRange(range);
  }

  arrayCount(count: number): void {
    this.int32(count);
  }

  compactArrayCount(count: number): void {
    this.unsignedVarint(count + 1);
  }

  isPresent(present: boolean): void {
    this.int8(present ? 1 : -1);
  }

  /** Writes the tag; returns the position of its content, for {@link endTaggedField}. */
  beginTaggedField(tag: number): number {
    this.unsignedVarint(tag);
    return this.reserve(1) + 1;
  }

  /** Writes the size of the content; one byte was left free for it, a longer size moves the content. */
  endTaggedField(contentAt: number): void {
    const length = this.position - contentAt;
    const moveBy = unsignedVarintBytes(length) - 1;
    if (moveBy > 0) {
      this.reserve(moveBy);
      this.scratch.copyWithin(contentAt + moveBy, contentAt, contentAt + length);
    }
    this.position = contentAt - 1;
    this.unsignedVarint(length);
    this.position += length;
  }

  /** A field that this version does not have holds something that must not get lost. */
  refuseField(name: string): never {
    throw new AssertionError(`${this.messageName} v${this.version} cannot carry ${name}`);
  }

  private stringLength(text: string): number {
    const length = utf8Length(text);
    if (length > STRING_BYTES_MAX) this.refuse("string", `${length} bytes`);
    return length;
  }

  private text(text: string, length: number): void {
    const at = this.reserve(length);
    if (length > 0) writeUtf8(this.scratch, at, text);
  }

  private range(range: Uint8Array | FileSpan): void {
    if (range instanceof FileSpan) {
      if (range.length === 0) return;
      this.spans.push(range);
      this.spanPositions.push(this.position);
    } else {
      const at = this.reserve(range.length);
      this.scratch.set(range, at);
    }
  }

  /** Position of `length` free bytes, which now belong to the message. */
  private reserve(length: number): number {
    const at = this.position;
    if (at + length > this.scratch.length) this.grow(at + length);
    this.position = at + length;
    return at;
  }

  private grow(needed: number): void {
    assert(needed <= MESSAGE_BYTES_MAX, `${this.messageName} of ${needed} bytes`);
    const larger = new Uint8Array(Math.max(needed, Math.min(this.scratch.length * 2, MESSAGE_BYTES_MAX)));
    larger.set(this.scratch);
    this.scratch = larger;
  }

  private refuse(type: string, value: unknown): never {
    throw new AssertionError(`${this.messageName} v${this.version}: ${String(value)} is not a ${type}`);
  }
}

function unsignedVarintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest >>>= 7) bytes++;
  return bytes;
}
