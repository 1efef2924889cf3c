import { assert } from "../base/assert.ts";

const FIRST_CAPACITY = 32;

/**
 * Entries of one fixed width, back to back as they stand in a file: the memory of an index. Grows by doubling; how
 * far is bounded by the segment's size (see `SegmentIndex`). A typed array, so that the garbage collector has nothing to walk.
 */
export class EntryTable {
  readonly entryBytes: number;
  bytes: Uint8Array;
  count: number;

  /** Takes `bytes` over: whole entries, all in use. */
  constructor(entryBytes: number, bytes: Uint8Array = new Uint8Array(0)) {
    assert(bytes.byteLength % entryBytes === 0, "an entry table holds whole entries");
    this.entryBytes = entryBytes;
    this.bytes = bytes;
    this.count = bytes.byteLength / entryBytes;
  }

  /** Makes room for one more entry and returns where in `bytes` it starts. */
  extend(): number {
    const at = this.count * this.entryBytes;
    if (at === this.bytes.byteLength) {
      const larger = new Uint8Array(Math.max(at * 2, FIRST_CAPACITY * this.entryBytes));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.count++;
    return at;
  }

  truncate(count: number): void {
    assert(count <= this.count, "truncation does not grow a table");
    this.count = count;
  }

  /** The file's content from entry `first` on: a view, valid until the next `extend`. */
  fileBytes(first = 0): Uint8Array {
    return this.bytes.subarray(first * this.entryBytes, this.count * this.entryBytes);
  }
}
