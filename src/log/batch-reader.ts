import { assert } from "../base/assert.ts";
import type { FileDescriptor, FilePosition } from "../base/units.ts";
import type { Files } from "../io/files.ts";
import { RECORD_BATCH_MAGIC, RECORD_BATCH_OVERHEAD, recordBatch } from "../protocol/record-batch.ts";

/** Read at once on a walk through small batches, so that one call brings many headers. */
const WINDOW_BYTES = 256 * 1024;
/** Read at once to find one batch behind an index entry: an interval of the usual 4 KiB and the header behind it. */
export const LOOKUP_WINDOW_BYTES = 8 * 1024;
const FIRST_WINDOW_BYTES = 4 * 1024;
/** Read at once where the last batch was larger than this: only its successor's header is of use. */
const LARGE_BATCH_BYTES = 16 * 1024;

/** What a walk is for: the batches' bytes, the headers of many, or one of the next few. */
export type WalkPurpose = "bodies" | "headers" | "lookup";

/**
 * Walks over the batches of a segment, header by header, without allocation. Holds the current batch's fields; stops
 * with a `problem` where the bytes are no batch. One per thread (in the `LogEnvironment`), reused: a walk must end
 * before the next one starts. Throws `DiskError`.
 */
export class BatchReader {
  /** Header of the current batch. */
  readonly header = new Uint8Array(RECORD_BATCH_OVERHEAD);
  position = 0;
  length = 0;
  baseOffset = 0;
  lastOffset = 0;
  maxTimestampMs = 0;
  leaderEpoch = 0;
  /** Why `next` stopped before the end; null at the end. */
  problem: string | null = null;

  readonly #files: Files;
  #window = new Uint8Array(FIRST_WINDOW_BYTES);
  #windowAt = 0;
  #windowBytes = 0;
  #fd = -1 as FileDescriptor;
  #next = 0;
  #end = 0;
  #purpose: WalkPurpose = "headers";

  constructor(files: Files) {
    this.#files = files;
  }

  /** From the batch that starts at `from` to `end`. */
  start(fd: FileDescriptor, from: number, end: number, purpose: WalkPurpose): void {
    assert(from <= end, "a walk starts before its end");
    this.#fd = fd;
    this.#next = from;
    this.#end = end;
    this.#purpose = purpose;
    this.#windowBytes = 0;
    this.position = from;
    this.length = 0;
    this.problem = null;
  }

  /** Where the current batch ends, or the walk stopped. */
  get end(): FilePosition {
    return this.#next as FilePosition;
  }

  next(): boolean {
    if (this.#next === this.#end) return false;
    this.position = this.#next;
    const available = this.#end - this.position;
    if (available < RECORD_BATCH_OVERHEAD) return this.#stop(`${available} bytes that are no whole batch`);
    const at = this.#load(RECORD_BATCH_OVERHEAD);
    if (at < 0) return this.#stop("bytes missing that the file should have");
    for (let index = 0; index < RECORD_BATCH_OVERHEAD; index++) {
      this.header[index] = this.#window[at + index]!;
    }
    return this.#parse(available);
  }

  /** Whether the bytes of the current batch have the checksum that its header carries. Reads all of them. */
  checksumMatches(): boolean {
    const at = this.#load(this.length);
    if (at < 0) return false;
    const matches = recordBatch.crc(this.#window, at) === recordBatch.computeCrc(this.#window, at);
    if (this.#window.byteLength > WINDOW_BYTES) {
      this.#window = new Uint8Array(WINDOW_BYTES);
      this.#windowBytes = 0;
    }
    return matches;
  }

  #parse(available: number): boolean {
    const { header } = this;
    const magic = recordBatch.magic(header, 0);
    if (magic !== RECORD_BATCH_MAGIC) return this.#stop(`a batch of the unknown format ${magic}`);
    const length = recordBatch.length(header, 0);
    if (length < RECORD_BATCH_OVERHEAD) return this.#stop(`a batch with the impossible length ${length}`);
    if (length > available) {
      return this.#stop(`a batch of ${length} bytes, of which only ${available} are there`);
    }
    const delta = recordBatch.lastOffsetDelta(header, 0);
    const baseOffset = recordBatch.baseOffset(header, 0);
    if (delta < 0 || baseOffset < 0) return this.#stop("a batch with impossible offsets");
    this.length = length;
    this.baseOffset = baseOffset;
    this.lastOffset = baseOffset + delta;
    this.maxTimestampMs = recordBatch.maxTimestamp(header, 0);
    this.leaderEpoch = recordBatch.leaderEpoch(header, 0);
    this.#next = this.position + length;
    return true;
  }

  #windowWanted(): number {
    if (this.#purpose === "bodies") return WINDOW_BYTES;
    if (this.length > LARGE_BATCH_BYTES) return RECORD_BATCH_OVERHEAD;
    return this.#purpose === "lookup" ? LOOKUP_WINDOW_BYTES : WINDOW_BYTES;
  }

  #stop(problem: string): false {
    this.problem = problem;
    return false;
  }

  /** Makes `bytes` from the current position available; returns where in the window, -1 if the file is too short. */
  #load(bytes: number): number {
    const windowEnd = this.#windowAt + this.#windowBytes;
    if (this.position >= this.#windowAt && this.position + bytes <= windowEnd) {
      return this.position - this.#windowAt;
    }
    const wanted = Math.max(bytes, this.#windowWanted());
    const length = Math.min(wanted, this.#end - this.position);
    if (length > this.#window.byteLength) this.#window = new Uint8Array(length);
    this.#windowAt = this.position;
    this.#windowBytes = this.#files.read(this.#fd, this.#window, 0, length, this.position as FilePosition);
    return this.#windowBytes >= bytes ? 0 : -1;
  }
}
