import { Frame } from "./frame.ts";
import type { FramePool } from "./frame-pool.ts";
import { freeMemory, ReceivedChunk } from "./received-chunk.ts";

/**
 * Cuts a byte stream into frames:
 *
 *     | length int32 (big-endian, without itself) | header and body |
 *
 * Owned by one connection, main thread. A frame that lies whole within one chunk is a view of it; one that
 * spans chunks is put together once, when its last byte is there: memory follows the bytes that have arrived, never the
 * declared length. The memory of both is used again when the frame is released.
 */
export class FrameCutter {
  readonly #frameBytesMax: number;
  /** Chunks in order of arrival; consumed up to `#at` in the first. */
  readonly #chunks: ReceivedChunk[] = [];
  readonly #pool: FramePool;
  #at = 0;
  #heldBytes = 0;
  /** Length of the frame that is being received, or {@link UNKNOWN} until its prefix is whole. */
  #length = UNKNOWN;

  constructor(frameBytesMax: number, pool: FramePool) {
    this.#frameBytesMax = frameBytesMax;
    this.#pool = pool;
  }

  /** Bytes pushed and not yet cut. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Takes ownership of `chunk`. Empty chunks are ignored. */
  push(chunk: Uint8Array): void {
    if (chunk.byteLength === 0) return;
    this.#heldBytes += chunk.byteLength;
    const last = this.#chunks.at(-1)?.bytes;
    if (last !== undefined && last.byteLength + chunk.byteLength <= MERGED_CHUNK_BYTES_MAX) {
      this.#mergeIntoLast(last, chunk);
    } else {
      this.#chunks.push(new ReceivedChunk(chunk));
    }
  }

  /**
   * The next whole frame without its prefix, or `null`: more bytes are needed. A {@link FrameError} is final: the stream
   * cannot be cut any further.
   */
  next(): Frame | FrameError | null {
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
    this.#chunks[this.#chunks.length - 1] = new ReceivedChunk(merged);
    if (this.#chunks.length === 1) this.#at = 0;
  }

  #readPrefix(): number {
    const { bytes } = this.#chunks[0]!;
    const at = this.#at;
    this.#heldBytes -= PREFIX_BYTES;
    if (at + PREFIX_BYTES >= bytes.byteLength) {
      const prefix = new Uint8Array(PREFIX_BYTES);
      this.#copyOut(prefix);
      return readInt32(prefix, 0);
    }
    this.#at = at + PREFIX_BYTES;
    return readInt32(bytes, at);
  }

  /** Consumes `length` bytes, which are there. */
  #take(length: number): Frame {
    this.#heldBytes -= length;
    const first = this.#chunks[0];
    if (first === undefined) return new Frame(EMPTY, null);
    const end = this.#at + length;
    if (end > first.bytes.byteLength) return this.#join(length);
    const frame = cut(first, this.#at, end);
    this.#at = end;
    if (end === first.bytes.byteLength) this.#dropChunks(1);
    return frame;
  }

  #join(length: number): Frame {
    if (this.#pool.takes(length)) {
      const pooled = this.#pool.take(length);
      this.#copyOut(pooled);
      return new Frame(pooled, this.#pool);
    }
    const joined = new Uint8Array(length);
    this.#copyOut(joined);
    return new Frame(joined, OWN_MEMORY);
  }

  /** Consumes as many bytes as `into` has. */
  #copyOut(into: Uint8Array): void {
    let filled = 0;
    let used = 0;
    let at = this.#at;
    while (filled < into.byteLength) {
      const { bytes } = this.#chunks[used]!;
      const end = Math.min(bytes.byteLength, at + into.byteLength - filled);
      into.set(bytes.subarray(at, end), filled);
      filled += end - at;
      at = end;
      if (end === bytes.byteLength) {
        used++;
        at = 0;
      }
    }
    this.#dropChunks(used);
    this.#at = at;
  }

  #dropChunks(count: number): void {
    for (const chunk of this.#chunks.splice(0, count)) chunk.markCut();
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
/** Of a frame that has a buffer for itself. */
const OWN_MEMORY = { giveBack: freeMemory };

/** Neighbouring chunks are merged up to this size. */
const MERGED_CHUNK_BYTES_MAX = 8192;

/** A frame up to this size is copied out of a chunk this many times larger: a long poll of 100 bytes must not keep
 *  half a megabyte of other requests alive. */
const COPIED_FRAME_BYTES_MAX = 4096;
const PINNED_CHUNK_RATIO_MAX = 16;

function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function cut(chunk: ReceivedChunk, from: number, to: number): Frame {
  const bytes = chunk.bytes.subarray(from, to);
  const length = to - from;
  const pinsTooMuch =
    length <= COPIED_FRAME_BYTES_MAX && chunk.bytes.byteLength > length * PINNED_CHUNK_RATIO_MAX;
  return pinsTooMuch ? new Frame(new Uint8Array(bytes), null) : new Frame(bytes, chunk.lend());
}
