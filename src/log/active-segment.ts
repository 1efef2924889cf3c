import type { FileDescriptor, FilePosition } from "../base/units.ts";
import type { Files } from "../io/files.ts";
import type { IndexFileCounts } from "./index-files.ts";
import type { Segment } from "./segment.ts";
import type { SegmentIndex } from "./segment-index.ts";
import type { StagedAppends } from "./staged-appends.ts";

/**
 * Dirty pages that may gather before the kernel is asked to write them. Left alone it waits for many seconds and then
 * writes gigabytes at once, and appends and syncs wait behind them: the sync after 3 GiB took 1.1 s, paced like this 1 ms.
 * The pages stay cached, for the readers.
 */
export const WRITEBACK_BYTES = 4 * 1024 * 1024;

/** The segment that is appended to. Its index is in memory; files get it at checkpoints, on roll and on close. */
export class ActiveSegment {
  readonly segment: Segment;
  readonly fd: FileDescriptor;
  readonly index: SegmentIndex;
  /** Null: what the index files hold is not known. */
  counts: IndexFileCounts | null;
  /** Largest timestamp of the first batch: `segment.ms` counts from there. -1 none. */
  firstTimestampMs: number;
  /** Wall clock of the first append that this process made to it; null before. */
  firstAppendMs: number | null = null;
  #writebackFrom: number;

  constructor(
    segment: Segment,
    fd: FileDescriptor,
    index: SegmentIndex,
    counts: IndexFileCounts | null,
    firstTimestampMs: number,
  ) {
    this.segment = segment;
    this.fd = fd;
    this.index = index;
    this.counts = counts;
    this.firstTimestampMs = firstTimestampMs;
    this.#writebackFrom = segment.size;
  }

  /** Writes all staged batches, adjacent ones at once. Throws `DiskError`: then the caller calls `cutBack`. */
  write(files: Files, staged: StagedAppends): void {
    let position = this.segment.size;
    for (let first = 0; first < staged.count; ) {
      const end = staged.runEnd(first);
      const length = staged.runLength(first, end);
      files.write(this.fd, staged.source(first), staged.at(first), length, position as FilePosition);
      position += length;
      first = end;
    }
  }

  /** After a failed write: what was written of it goes away. Throws `DiskError`. */
  cutBack(files: Files): void {
    files.truncate(this.fd, this.segment.size);
  }

  /** All staged batches are in the file. */
  written(files: Files, staged: StagedAppends, intervalBytes: number, nowMs: number): void {
    const { segment, index } = this;
    if (segment.size === 0) this.firstTimestampMs = staged.maxTimestampMs(0);
    this.firstAppendMs ??= nowMs;
    for (let item = 0; item < staged.count; item++) {
      const length = staged.length(item);
      index.add(staged.lastOffset(item), staged.maxTimestampMs(item), segment.size, length, intervalBytes);
      segment.size += length;
    }
    if (segment.size - this.#writebackFrom >= WRITEBACK_BYTES) {
      const from = this.#writebackFrom as FilePosition;
      files.startWriteback(this.fd, from, segment.size - from);
      this.#writebackFrom = segment.size;
    }
  }
}
