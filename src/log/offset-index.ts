import { assert } from "../base/assert.ts";
import { readInt32, writeInt32 } from "../protocol/big-endian.ts";
import { EntryTable } from "./entry-table.ts";

/**
 * `.index`: where in the segment an offset stands. Sparse, sorted by both columns, big-endian:
 *
 * ```
 *   at  size  field
 *    0     4  last offset of the batch, relative to the segment's base offset
 *    4     4  position in the segment at which the batch starts
 * ```
 * Worker thread; owned by one segment's handle.
 */
export const OFFSET_INDEX_ENTRY_BYTES = 8;

export class OffsetIndex {
  readonly table: EntryTable;

  constructor(bytes?: Uint8Array) {
    this.table = new EntryTable(OFFSET_INDEX_ENTRY_BYTES, bytes);
  }

  get count(): number {
    return this.table.count;
  }

  relativeOffset(entry: number): number {
    return readInt32(this.table.bytes, entry * OFFSET_INDEX_ENTRY_BYTES);
  }

  position(entry: number): number {
    return readInt32(this.table.bytes, entry * OFFSET_INDEX_ENTRY_BYTES + 4);
  }

  append(relativeOffset: number, position: number): void {
    const last = this.count - 1;
    assert(last < 0 || relativeOffset > this.relativeOffset(last), "offsets in an index increase");
    assert(last < 0 || position > this.position(last), "positions in an index increase");
    const at = this.table.extend();
    writeInt32(this.table.bytes, at, relativeOffset);
    writeInt32(this.table.bytes, at + 4, position);
  }

  /** The last entry at or below `relativeOffset`; -1 if there is none. */
  floor(relativeOffset: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.relativeOffset(middle) <= relativeOffset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The last entry whose batch starts at or before `position`; -1 if there is none. */
  floorOfPosition(position: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.position(middle) <= position) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Whether both columns increase and stay inside the segment: what a torn or stale file does not do. */
  isSane(segmentBytes: number): boolean {
    let offset = -1;
    let position = -1;
    for (let entry = 0; entry < this.count; entry++) {
      if (this.relativeOffset(entry) <= offset || this.position(entry) <= position) return false;
      offset = this.relativeOffset(entry);
      position = this.position(entry);
    }
    return position < segmentBytes;
  }
}
