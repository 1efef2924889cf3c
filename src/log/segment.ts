import type { Offset } from "../base/units.ts";
import { offsetFileName, type Suffix } from "./file-names.ts";
import type { SegmentHandle } from "./segment-handles.ts";

/** `largestTimestampMs` of a segment that was not looked into since the log was opened. */
export const TIMESTAMP_NOT_READ = Number.NaN;

/**
 * One stretch of a log: `<base offset>.log` and its indexes. What is known without opening its files; they are opened
 * lazily (see `SegmentHandles`). Worker thread; owned by one `PartitionLog`.
 */
export class Segment {
  readonly directory: string;
  readonly baseOffset: Offset;
  /** Bytes of whole batches: also the file's size, unless a write is under way. */
  size: number;
  /** Of `size`, what is known to be on disk. */
  syncedSize: number;
  /** Over its batches; -1 if none has a timestamp; {@link TIMESTAMP_NOT_READ}. */
  largestTimestampMs = TIMESTAMP_NOT_READ;
  /** Stands in for the largest timestamp where there is none: wall clock at which this broker first had the segment. */
  readonly knownSinceMs: number;
  /** Set while the files are open. */
  handle: SegmentHandle | null = null;

  constructor(directory: string, baseOffset: Offset, size: number, knownSinceMs: number) {
    this.directory = directory;
    this.baseOffset = baseOffset;
    this.size = size;
    this.syncedSize = size;
    this.knownSinceMs = knownSinceMs;
  }

  path(suffix: Suffix): string {
    return `${this.directory}/${offsetFileName(this.baseOffset, suffix)}`;
  }

  get isSynced(): boolean {
    return this.syncedSize === this.size;
  }
}

/** Place of the last segment whose base offset is at or below `offset`; -1 if there is none. */
export function floorSegment(segments: readonly Segment[], offset: number): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (segments[middle]!.baseOffset <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
