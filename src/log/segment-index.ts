import type { FilePosition, Offset } from "../base/units.ts";
import { NO_OFFSET } from "../base/units.ts";
import { OFFSET_INDEX_ENTRY_BYTES, OffsetIndex } from "./offset-index.ts";
import { TIME_INDEX_ENTRY_BYTES, TimeIndex } from "./time-index.ts";

/**
 * Both indexes of one segment, and the state that builds them: the same for appends, recovery and a rebuild, so that
 * all three make the same bytes. Worker thread; owned by the segment's handle.
 */
export class SegmentIndex {
  readonly baseOffset: Offset;
  readonly offsets: OffsetIndex;
  readonly times: TimeIndex;
  /** Over all batches added; -1 while none has a timestamp. */
  largestTimestampMs = -1;
  /** Last offset of the first batch that holds the largest timestamp. */
  offsetOfLargest: Offset = NO_OFFSET;
  #bytesSinceEntry = 0;

  constructor(baseOffset: Offset, offsets = new OffsetIndex(), times = new TimeIndex()) {
    this.baseOffset = baseOffset;
    this.offsets = offsets;
    this.times = times;
    this.#takeLargestFromTimes();
  }

  /** The next batch of the segment. Kafka's rule: an entry when more than the interval went by since the last. */
  add(
    lastOffset: number,
    maxTimestampMs: number,
    position: number,
    length: number,
    intervalBytes: number,
  ): void {
    if (maxTimestampMs > this.largestTimestampMs) {
      this.largestTimestampMs = maxTimestampMs;
      this.offsetOfLargest = lastOffset as Offset;
    }
    if (this.#bytesSinceEntry > intervalBytes) {
      this.offsets.append(lastOffset - this.baseOffset, position);
      this.finish();
      this.#bytesSinceEntry = 0;
    }
    this.#bytesSinceEntry += length;
  }

  /** Makes the end of the time index tell the segment's largest timestamp: at checkpoints, on roll, on close. */
  finish(): void {
    const { times } = this;
    const known = times.count === 0 ? -1 : times.timestampMs(times.count - 1);
    if (this.largestTimestampMs > known) {
      times.append(this.largestTimestampMs, this.offsetOfLargest - this.baseOffset);
    }
  }

  /** A batch's start at or before the batch that holds `offset`. */
  scanStart(offset: number): FilePosition {
    const entry = this.offsets.floor(offset - this.baseOffset);
    return (entry < 0 ? 0 : this.offsets.position(entry)) as FilePosition;
  }

  /**
   * A batch's start at or before the first batch with a timestamp at or after `timestampMs`, at most about one interval
   * before it: when the offset-index entry before the batch of `ceiling` was made, no timestamp was large enough yet.
   */
  scanStartForTimestamp(timestampMs: number): FilePosition {
    const entry = this.times.ceiling(timestampMs);
    const relativeOffset =
      entry < this.times.count ? this.times.relativeOffset(entry) : this.offsetOfLargest - this.baseOffset;
    return this.scanStart(this.baseOffset + Math.max(relativeOffset - 1, -1));
  }

  /**
   * Forgets all entries from `offset` on. Returns the start of the batch of the last entry kept (0 if none): adding the
   * batches from there again continues as if nothing had happened.
   */
  rewindBelow(offset: number): FilePosition {
    const { offsets, times } = this;
    const last = offsets.floor(offset - 1 - this.baseOffset);
    offsets.table.truncate(last + 1);
    times.table.truncate(last < 0 ? 0 : times.floorOfOffset(offsets.relativeOffset(last)) + 1);
    this.#bytesSinceEntry = 0;
    this.#takeLargestFromTimes();
    return (last < 0 ? 0 : offsets.position(last)) as FilePosition;
  }

  /**
   * No room for the entries of one more batch behind `staged` ones that are not added yet. The last place of the time index
   * is kept for `finish`.
   */
  isFull(indexBytesMax: number, staged: number): boolean {
    return (
      (this.offsets.count + staged + 1) * OFFSET_INDEX_ENTRY_BYTES > indexBytesMax ||
      (this.times.count + staged + 2) * TIME_INDEX_ENTRY_BYTES > indexBytesMax
    );
  }

  /** Memory held. */
  get byteLength(): number {
    return this.offsets.table.bytes.byteLength + this.times.table.bytes.byteLength;
  }

  #takeLargestFromTimes(): void {
    const last = this.times.count - 1;
    this.largestTimestampMs = last < 0 ? -1 : this.times.timestampMs(last);
    this.offsetOfLargest =
      last < 0 ? NO_OFFSET : ((this.baseOffset + this.times.relativeOffset(last)) as Offset);
  }
}
