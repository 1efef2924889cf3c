import { assert } from "../base/assert.ts";
import { readInt32, readInt64, writeInt32, writeInt64 } from "../protocol/big-endian.ts";
import { EntryTable } from "./entry-table.ts";

/**
 * `.timeindex`: how the largest timestamp of the segment grew. Sorted by both columns, big-endian:
 *
 * ```
 *   at  size  field
 *    0     8  largest timestamp so far, ms
 *    8     4  last offset of the batch that holds it, relative to the segment's base offset
 * ```
 * An entry goes in beside an entry of the offset index, if the largest timestamp has grown; one more on roll and close.
 * Worker thread; owned by one segment's handle.
 */
export const TIME_INDEX_ENTRY_BYTES = 12;

export class TimeIndex {
  readonly table: EntryTable;

  constructor(bytes?: Uint8Array) {
    this.table = new EntryTable(TIME_INDEX_ENTRY_BYTES, bytes);
  }

  get count(): number {
    return this.table.count;
  }

  timestampMs(entry: number): number {
    return readInt64(this.table.bytes, entry * TIME_INDEX_ENTRY_BYTES);
  }

  relativeOffset(entry: number): number {
    return readInt32(this.table.bytes, entry * TIME_INDEX_ENTRY_BYTES + 8);
  }

  append(timestampMs: number, relativeOffset: number): void {
    const last = this.count - 1;
    assert(last < 0 || timestampMs > this.timestampMs(last), "timestamps in an index increase");
    assert(last < 0 || relativeOffset > this.relativeOffset(last), "offsets in a time index increase");
    const at = this.table.extend();
    writeInt64(this.table.bytes, at, timestampMs);
    writeInt32(this.table.bytes, at + 8, relativeOffset);
  }

  /** The first entry at or after `timestampMs`; `count` if there is none. */
  ceiling(timestampMs: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.timestampMs(middle) < timestampMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The last entry at or below `relativeOffset`; -1 if there is none. */
  floorOfOffset(relativeOffset: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.relativeOffset(middle) <= relativeOffset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Whether both columns increase: what a torn or stale file does not do. */
  isSane(): boolean {
    let offset = -1;
    let timestampMs = -1;
    for (let entry = 0; entry < this.count; entry++) {
      if (this.relativeOffset(entry) <= offset || this.timestampMs(entry) <= timestampMs) return false;
      offset = this.relativeOffset(entry);
      timestampMs = this.timestampMs(entry);
    }
    return true;
  }
}
