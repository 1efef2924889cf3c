/**
 * Cuts a byte stream into frames:
 *
 *     | length int32 (big-endian, without itself) | header and body |
 *
 * Pure; owned by one connection, main thread. A frame that lies whole within one chunk is a view of it; one that
 * spans chunks is put together once, when its last byte is there: memory follows the bytes that have arrived, never the
 * declared length.
 */
export class FrameCutter {
  readonly #frameBytesMax: number;
  /** Chunks in order of arrival; consumed up to `#at` in the first. */
  readonly #chunks: Uint8Array[] = [];
  #at = 0;
  #heldBytes = 0;
  /** Length of the frame that is being received, or {@link UNKNOWN} until its prefix is whole. */
  #length = UNKNOWN;

  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
  }

  /** Bytes pushed and not yet cut. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Takes ownership of `chunk`. Empty chunks are ignored. */
  push(chunk: Uint8Array): void {
    if (chunk.byteLength === 0) return;
    this.#heldBytes += chunk.byteLength;
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.byteLength + chunk.byteLength <= MERGED_CHUNK_BYTES_MAX) {
      this.#mergeIntoLast(last, chunk);
    } else {
      this.#chunks.push(chunk);
    }
  }

  /**
   * The next whole frame without its prefix, or `null`: more bytes are needed. A {@link FrameError} is final: the stream
   * cannot be cut any further.
   */
  next(): Uint8Array | FrameError | null {
    if (this.#length === UNKNOWN) {
      if (this.#heldBytes < PREFIX_BYTES) return null;
      const length = this.#readPrefix();
      if (length < 0) return new FrameError(`frame with negative length ${length}`);
      if (length > this.#frameBytesMax) {
        return new FrameError(`frame of ${length} bytes, the limit is ${this.#frameBytesMax}`);
      }
      this.#length = length;
    }
    if (this.#heldBytes < this.#length) return null;
    const frame = this.#take(this.#length);
    this.#length = UNKNOWN;
    return frame;
  }

  /** Forgets all held bytes: the connection reads no further. */
  clear(): void {
    this.#chunks.length = 0;
    this.#at = 0;
    this.#heldBytes = 0;
    this.#length = UNKNOWN;
  }

  /** A sender that trickles single bytes must not make a list of as many objects. */
  #mergeIntoLast(last: Uint8Array, chunk: Uint8Array): void {
    const from = this.#chunks.length === 1 ? this.#at : 0;
    const merged = new Uint8Array(last.byteLength - from + chunk.byteLength);
    merged.set(last.subarray(from), 0);
    merged.set(chunk, last.byteLength - from);
    this.#chunks[this.#chunks.length - 1] = merged;
    if (this.#chunks.length === 1) this.#at = 0;
  }

  #readPrefix(): number {
    const first = this.#chunks[0]!;
    const at = this.#at;
    if (at + PREFIX_BYTES >= first.byteLength) return readInt32(this.#take(PREFIX_BYTES), 0);
    this.#at = at + PREFIX_BYTES;
    this.#heldBytes -= PREFIX_BYTES;
    return readInt32(first, at);
  }

  /** Consumes `length` bytes, which are there. */
  #take(length: number): Uint8Array {
    this.#heldBytes -= length;
    const first = this.#chunks[0];
    if (first === undefined) return EMPTY;
    const end = this.#at + length;
    if (end > first.byteLength) return this.#join(length);
    const bytes = cut(first, this.#at, end);
    this.#at = end;
    if (end === first.byteLength) this.#dropChunks(1);
    return bytes;
  }

  #join(length: number): Uint8Array {
    const joined = new Uint8Array(length);
    let filled = 0;
    let used = 0;
    while (filled < length) {
      const chunk = this.#chunks[used]!;
      const end = Math.min(chunk.byteLength, this.#at + length - filled);
      joined.set(chunk.subarray(this.#at, end), filled);
      filled += end - this.#at;
      this.#at = end;
      if (end === chunk.byteLength) {
        used++;
        this.#at = 0;
      }
    }
    const at = this.#at;
    this.#dropChunks(used);
    this.#at = at;
    return joined;
  }

  #dropChunks(count: number): void {
    this.#chunks.splice(0, count);
    this.#at = 0;
  }
}

/** The client's bytes are not frames: its connection must close. */
export class FrameError {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

const PREFIX_BYTES = 4;
const UNKNOWN = -1;
const EMPTY = new Uint8Array(0);

/** Neighbouring chunks are merged up to this size. */
const MERGED_CHUNK_BYTES_MAX = 8192;

/** A frame up to this size is copied out of a chunk this many times larger: a long poll of 100 bytes must not keep
 *  half a megabyte of other requests alive. */
const COPIED_FRAME_BYTES_MAX = 4096;
const PINNED_CHUNK_RATIO_MAX = 16;

function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function cut(chunk: Uint8Array, from: number, to: number): Uint8Array {
  const bytes = chunk.subarray(from, to);
  const length = to - from;
  const pinsTooMuch = length <= COPIED_FRAME_BYTES_MAX && chunk.byteLength > length * PINNED_CHUNK_RATIO_MAX;
  return pinsTooMuch ? new Uint8Array(bytes) : bytes;
}
