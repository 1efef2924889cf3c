import { LRUCache } from "lru-cache";
import { assert } from "../base/assert.ts";
import type { FileDescriptor } from "../base/units.ts";
import type { Files } from "../io/files.ts";
import type { SpanPins } from "../io/span-pins.ts";
import { SUFFIX } from "./file-names.ts";
import type { Segment } from "./segment.ts";
import type { SegmentIndex } from "./segment-index.ts";

/** Memory of the indexes of closed segments that one thread keeps loaded. The index of a full 1 GiB segment takes up to 5 MiB. */
export const LOADED_INDEX_BYTES_MAX = 64 * 1024 * 1024;

const NO_SLOT = -1;

/** An open segment: its `.log` and, once it was needed, its index. */
export interface SegmentHandle {
  readonly fd: FileDescriptor;
  readonly index: SegmentIndex | null;
  /** In the pin table; -1 before the first fetch. */
  slot: number;
  /** Read position after the last fetch: a reader that goes on from there is sequential. */
  sequentialPosition: number;
}

/**
 * The open segments of one thread, over all its partitions. Segments that are written or not yet synced are held by
 * their log; the others are in an LRU and closed when they are the least used. A descriptor that the main thread is
 * still sending from (a pinned one) is closed later, by `sweep`. Worker thread.
 */
export class SegmentHandles {
  readonly #files: Files;
  readonly #pins: SpanPins;
  readonly #unheld: LRUCache<Segment, SegmentHandle>;
  /** To be closed once unpinned. At most as many as the pin table has slots. */
  readonly #lingering: SegmentHandle[] = [];

  constructor(files: Files, pins: SpanPins, openSegmentsMax: number) {
    this.#files = files;
    this.#pins = pins;
    this.#unheld = new LRUCache({
      max: openSegmentsMax,
      maxSize: LOADED_INDEX_BYTES_MAX,
      sizeCalculation: (handle) => Math.min((handle.index?.byteLength ?? 0) + 1, LOADED_INDEX_BYTES_MAX),
      noDisposeOnSet: true,
      dispose: (handle, segment) => {
        segment.handle = null;
        this.#closeWhenUnpinned(handle);
      },
    });
  }

  /** The segment's handle, opened if need be. Good until the next call here. */
  acquire(segment: Segment): SegmentHandle {
    if (segment.handle !== null) {
      this.#unheld.get(segment);
      return segment.handle;
    }
    const handle = newHandle(this.#files.open(segment.path(SUFFIX.LOG), "read"));
    segment.handle = handle;
    this.#unheld.set(segment, handle);
    return handle;
  }

  /** Puts a loaded index to an acquired handle, and counts its memory. */
  setIndex(segment: Segment, index: SegmentIndex): void {
    assert(segment.handle !== null, "an index belongs to an open segment");
    // A new object, because the LRU asks for an entry's size only when its value changes.
    segment.handle = { ...segment.handle, index };
    if (this.#unheld.has(segment)) this.#unheld.set(segment, segment.handle);
  }

  /** A descriptor that the log itself keeps open, outside the LRU, until `release` or `discard`. */
  hold(segment: Segment, fd: FileDescriptor, index: SegmentIndex): SegmentHandle {
    assert(segment.handle === null, "a held segment was not open");
    segment.handle = { ...newHandle(fd), index };
    return segment.handle;
  }

  /** Whether its log keeps it open, so that nobody else may close it. */
  isHeld(segment: Segment): boolean {
    return segment.handle !== null && !this.#unheld.has(segment);
  }

  /** The log needs the segment no longer; it stays open while it is used. */
  release(segment: Segment): void {
    assert(this.isHeld(segment), "only a held segment is released");
    this.#unheld.set(segment, segment.handle!);
  }

  /** Closes the segment's descriptor, now or when its last span is sent. */
  discard(segment: Segment): void {
    if (segment.handle === null) return;
    if (this.#unheld.delete(segment)) return; // by way of dispose
    const { handle } = segment;
    segment.handle = null;
    this.#closeWhenUnpinned(handle);
  }

  /** The handle's place in the pin table; -1 while the table is full. */
  slotOf(handle: SegmentHandle): number {
    if (handle.slot === NO_SLOT) handle.slot = this.#pins.open(handle.fd);
    if (handle.slot === NO_SLOT) {
      this.sweep();
      handle.slot = this.#pins.open(handle.fd);
    }
    return handle.slot;
  }

  /** Closes what lingered and is unpinned now. */
  sweep(): void {
    for (let index = this.#lingering.length - 1; index >= 0; index--) {
      const handle = this.#lingering[index]!;
      if (this.#pins.isPinned(handle.slot)) continue;
      this.#lingering[index] = this.#lingering.at(-1)!;
      this.#lingering.pop();
      this.#close(handle);
    }
  }

  /** Descriptors that wait for their last span to be sent. */
  get lingering(): number {
    return this.#lingering.length;
  }

  #closeWhenUnpinned(handle: SegmentHandle): void {
    if (handle.slot !== NO_SLOT && this.#pins.isPinned(handle.slot)) this.#lingering.push(handle);
    else this.#close(handle);
  }

  #close(handle: SegmentHandle): void {
    if (handle.slot !== NO_SLOT) this.#pins.close(handle.slot);
    this.#files.close(handle.fd);
  }
}

function newHandle(fd: FileDescriptor): SegmentHandle {
  return { fd, index: null, slot: NO_SLOT, sequentialPosition: -1 };
}
