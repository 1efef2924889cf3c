import { readInt16, readInt32, readInt64, readUint16, readUint32 } from "./big-endian.ts";
import { DecodeError } from "./decode-error.ts";
import { readUtf8, readUuid, UUID_BYTES } from "./text.ts";

/** Array elements that one message may have in all: what a frame can make us allocate. */
export const ARRAY_ELEMENTS_PER_MESSAGE_MAX = 100_000;
export const TAGGED_FIELDS_PER_OBJECT_MAX = 64;
/** Kafka's limit, also in flexible versions. */
export const STRING_BYTES_MAX = 32_767;

const NOTHING = new Uint8Array(0);

/**
 * A cursor over the bytes of one message with a method for each wire type; the compiled readers call them in the
 * schema's order. Trusts nothing: every method checks what it takes, and throws {@link DecodeError} and nothing else.
 * Used for one message at a time ({@link begin}); holds no bytes after {@link end}.
 */
export class MessageReader {
  private bytes: Uint8Array = NOTHING;
  /** Of the next byte. */
  position = 0;
  private limit = 0;
  private elementsLeft = 0;
  private messageName = "";
  private version = 0;

  begin(messageName: string, version: number, bytes: Uint8Array, at: number): void {
    this.bytes = bytes;
    this.position = at;
    this.limit = bytes.length;
    this.elementsLeft = ARRAY_ELEMENTS_PER_MESSAGE_MAX;
    this.messageName = messageName;
    this.version = version;
  }

  /** Lets go of the bytes. */
  end(): void {
    this.bytes = NOTHING;
  }

  bool(): boolean {
    return this.bytes[this.take(1)] !== 0;
  }

  int8(): number {
    return (this.bytes[this.take(1)]! << 24) >> 24;
  }

  int16(): number {
    return readInt16(this.bytes, this.take(2));
  }

  uint16(): number {
    return readUint16(this.bytes, this.take(2));
  }

  int32(): number {
    return readInt32(this.bytes, this.take(4));
  }

  uint32(): number {
    return readUint32(this.bytes, this.take(4));
  }

  int64(): number {
    return readInt64(this.bytes, this.take(8));
  }

  float64(): number {
    const at = this.take(8);
    return new DataView(this.bytes.buffer, this.bytes.byteOffset + at, 8).getFloat64(0);
  }

  uuid(): string {
    return readUuid(this.bytes, this.take(UUID_BYTES));
  }

  /** At most 5 bytes and 32 bits. */
  unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes[this.take(1)]!;
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    return this.fail("a varint of more than 32 bits");
  }

  string(): string {
    return this.text(this.int16());
  }

  nullableString(): string | null {
    const length = this.int16();
    return length === -1 ? null : this.text(length);
  }

  compactString(): string {
    return this.text(this.unsignedVarint() - 1);
  }

  compactNullableString(): string | null {
    const length = this.unsignedVarint() - 1;
    return length === -1 ? null : this.text(length);
  }

  /** A view, not a copy. */
  byteRange(): Uint8Array {
    return this.view(this.int32());
  }

  nullableByteRange(): Uint8Array | null {
    const length = this.int32();
    return length === -1 ? null : this.view(length);
  }

  compactByteRange(): Uint8Array {
    return this.view(this.unsignedVarint() - 1);
  }

  compactNullableByteRange(): Uint8Array | null {
    const length = this.unsignedVarint() - 1;
    return length === -1 ? null : this.view(length);
  }

  /** Elements that follow, each of at least `elementBytesMin` bytes. */
  arrayCount(elementBytesMin: number): number {
    return this.count(this.int32(), elementBytesMin);
  }

  /** -1 for null. */
  nullableArrayCount(elementBytesMin: number): number {
    const count = this.int32();
    return count === -1 ? -1 : this.count(count, elementBytesMin);
  }

  compactArrayCount(elementBytesMin: number): number {
    return this.count(this.unsignedVarint() - 1, elementBytesMin);
  }

  compactNullableArrayCount(elementBytesMin: number): number {
    const count = this.unsignedVarint() - 1;
    return count === -1 ? -1 : this.count(count, elementBytesMin);
  }

  /** Whether a nullable structure follows. */
  isPresent(): boolean {
    return this.int8() >= 0;
  }

  taggedFieldCount(): number {
    const count = this.unsignedVarint();
    if (count > TAGGED_FIELDS_PER_OBJECT_MAX) this.fail(`${count} tagged fields in one object`);
    return count;
  }

  /** Reads a tagged field's size; returns the position where it ends. */
  beginTaggedField(): number {
    const size = this.unsignedVarint();
    if (size > this.limit - this.position)
      this.fail(`a tagged field of ${size} bytes in ${this.remaining()}`);
    return this.position + size;
  }

  endTaggedField(end: number): void {
    if (this.position !== end) this.fail("a tagged field whose size does not fit its content");
  }

  skipTo(end: number): void {
    this.position = end;
  }

  skipTaggedFields(): void {
    for (let left = this.taggedFieldCount(); left > 0; left--) {
      this.unsignedVarint();
      this.skipTo(this.beginTaggedField());
    }
  }

  private text(length: number): string {
    if (length < 0 || length > STRING_BYTES_MAX) this.fail(`a string of ${length} bytes`);
    const at = this.take(length);
    return length === 0 ? "" : readUtf8(this.bytes, at, at + length);
  }

  private view(length: number): Uint8Array {
    if (length < 0) this.fail(`a byte range of ${length} bytes`);
    const at = this.take(length);
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + at, length);
  }

  private count(count: number, elementBytesMin: number): number {
    if (count < 0 || count * elementBytesMin > this.limit - this.position) {
      this.fail(`an array of ${count} elements in ${this.remaining()} bytes`);
    }
    this.elementsLeft -= count;
    if (this.elementsLeft < 0) this.fail(`more than ${ARRAY_ELEMENTS_PER_MESSAGE_MAX} array elements`);
    return count;
  }

  /** Position of the next `length` bytes, which are now taken. */
  private take(length: number): number {
    const at = this.position;
    if (length > this.limit - at) this.fail(`${length} bytes wanted, ${this.remaining()} left`);
    this.position = at + length;
    return at;
  }

  private remaining(): number {
    return Math.max(0, this.limit - this.position);
  }

  private fail(reason: string): never {
    throw new DecodeError(`${this.messageName} v${this.version}, byte ${this.position}: ${reason}`);
  }
}
