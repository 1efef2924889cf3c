import type { FileDescriptor, FilePosition, Offset } from "../base/units.ts";
import type { TopicConfig } from "../config/topic-config.ts";
import { ActiveSegment } from "./active-segment.ts";
import { loadClosedIndex } from "./closed-index.ts";
import { SUFFIX } from "./file-names.ts";
import {
  countsOf,
  NO_INDEX_ENTRIES,
  readLargestTimestamp,
  removeIndexFiles,
  writeIndexFiles,
} from "./index-files.ts";
import type { LogEnvironment } from "./log-environment.ts";
import { isPassing } from "./log-failure.ts";
import { saveIndexSynced } from "./save-index.ts";
import { floorSegment, Segment } from "./segment.ts";
import { SegmentIndex } from "./segment-index.ts";
import type { StagedAppends } from "./staged-appends.ts";

/** Segments of one log. At the limit a log does not roll, it goes on with the segment it has. */
export const SEGMENTS_MAX = 100_000;
/** Positions in an index are int32, so a segment ends before this. */
export const SEGMENT_BYTES_MAX = 0x7fff_ffff;
/** Offsets in an index are int32: a segment rolls when it holds half of that, and no batch may hold the other half. */
export const RELATIVE_OFFSET_ROLL = 0x4000_0000;

/** The segments of one log and the rules by which they roll. Worker thread; owned by one `PartitionLog`. */
export class LogSegments {
  readonly #environment: LogEnvironment;
  readonly #directory: string;
  /** By base offset; never empty; the last one is the active one's. */
  readonly all: Segment[];
  active: ActiveSegment;
  config: TopicConfig;

  constructor(
    environment: LogEnvironment,
    directory: string,
    segments: Segment[],
    active: ActiveSegment,
    config: TopicConfig,
  ) {
    this.#environment = environment;
    this.#directory = directory;
    this.all = segments;
    this.active = active;
    this.config = config;
    environment.handles.hold(active.segment, active.fd, active.index);
  }

  get first(): Segment {
    return this.all[0]!;
  }

  /** Place of the segment that holds `offset`, which is at or above the first one's base. */
  floor(offset: number): number {
    return floorSegment(this.all, offset);
  }

  /** Bytes of all segments. */
  get byteLength(): number {
    return this.all.reduce((sum, segment) => sum + segment.size, 0);
  }

  /** The index of `all[place]`; loads it if need be. Throws `DiskError`, `LogDamage`. */
  indexAt(place: number): SegmentIndex {
    const segment = this.all[place]!;
    if (segment === this.active.segment) return this.active.index;
    const next = this.all[place + 1]!;
    return loadClosedIndex(this.#environment, segment, next.baseOffset, this.config.indexIntervalBytes);
  }

  /** Of `all[place]`; -1 if no batch has a timestamp. Reads the end of the time index, once. Throws as `indexAt`. */
  largestTimestampMs(place: number): number {
    const segment = this.all[place]!;
    if (segment === this.active.segment) return this.active.index.largestTimestampMs;
    if (Number.isNaN(segment.largestTimestampMs)) {
      const read = readLargestTimestamp(this.#environment.files, segment);
      // An empty time index is right only for a segment without timestamps.
      const isTrusted = read !== null && (read >= 0 || segment.size === 0);
      segment.largestTimestampMs = isTrusted ? read : this.indexAt(place).largestTimestampMs;
    }
    return segment.largestTimestampMs;
  }

  /** Whether a batch of `length` bytes does not fit behind what is there and `staged`; `endOffset` is behind both. */
  isRollDueForSize(length: number, staged: StagedAppends, endOffset: number): boolean {
    const { segment, index } = this.active;
    const bytes = segment.size + staged.byteLength;
    if (bytes === 0 || this.all.length >= SEGMENTS_MAX) return false;
    return (
      bytes + length > this.config.segmentBytes ||
      index.isFull(this.config.segmentIndexBytes, staged.count) ||
      endOffset - segment.baseOffset > RELATIVE_OFFSET_ROLL
    );
  }

  /** Kafka's rule on append: by the batches' own time; by this broker's clock where they have none. */
  isRollDueForTime(maxTimestampMs: number, nowMs: number): boolean {
    const { segment, firstTimestampMs } = this.active;
    if (segment.size === 0 || this.all.length >= SEGMENTS_MAX) return false;
    const waitedMs =
      firstTimestampMs >= 0 && maxTimestampMs >= 0 ? maxTimestampMs - firstTimestampMs : this.#ageMs(nowMs);
    return waitedMs > this.config.segmentMs;
  }

  /** For a log that nobody appends to: by this broker's clock since its first append. */
  isRollDueForAge(nowMs: number): boolean {
    if (this.active.segment.size === 0 || this.all.length >= SEGMENTS_MAX) return false;
    return this.#ageMs(nowMs) > this.config.segmentMs;
  }

  /**
   * Starts a segment at `baseOffset`, the log's end. Returns the descriptors of the old one's index files, to be synced
   * and closed with it; none on a full disk, where an index is rebuilt from the log when it is needed. Throws `DiskError`.
   */
  roll(baseOffset: Offset, nowMs: number): FileDescriptor[] {
    const { files, handles } = this.#environment;
    const sealed = this.active;
    const segment = new Segment(this.#directory, baseOffset, 0, nowMs);
    const fd = files.open(segment.path(SUFFIX.LOG), "create");
    const index = new SegmentIndex(baseOffset);
    this.active = new ActiveSegment(segment, fd, index, NO_INDEX_ENTRIES, -1);
    this.all.push(segment);
    handles.hold(segment, fd, index);
    sealed.index.finish();
    sealed.segment.largestTimestampMs = sealed.index.largestTimestampMs;
    const indexFds = this.writeIndex(sealed);
    if (indexFds === null) removeIndexFiles(files, sealed.segment);
    return indexFds ?? [];
  }

  /**
   * Writes what the index files of a held segment lack. Returns the descriptors that are left to sync and to close; null if
   * the disk has no room: then the files still hold a part of the index, as `counts` says.
   */
  writeIndex(active: ActiveSegment): FileDescriptor[] | null {
    const { files } = this.#environment;
    const { segment, index } = active;
    if (active.counts === null) {
      if (!saveIndexSynced(files, segment, index, null)) return null;
      active.counts = countsOf(index);
      return [];
    }
    try {
      const fds = writeIndexFiles(files, segment, index, active.counts);
      active.counts = countsOf(index);
      return fds;
    } catch (error) {
      if (!isPassing(error)) throw error;
      return null;
    }
  }

  #ageMs(nowMs: number): number {
    return nowMs - (this.active.firstAppendMs ?? nowMs);
  }
}

/** Largest timestamp of a segment's first batch, from which its age is told; -1 if it is empty. */
export function firstTimestampMs(environment: LogEnvironment, fd: FileDescriptor, size: number): number {
  const { reader } = environment;
  reader.start(fd, 0 as FilePosition, size, "lookup");
  return reader.next() ? reader.maxTimestampMs : -1;
}
