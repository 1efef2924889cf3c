import type { FileDescriptor, FilePosition } from "../base/units.ts";
import { SPANS_AHEAD_MAX } from "../io/partition-messages.ts";
import { LOOKUP_WINDOW_BYTES } from "./batch-reader.ts";
import type { LogEnvironment } from "./log-environment.ts";
import { type LogPosition, readableBytes } from "./log-position.ts";
import type { LogSegments } from "./log-segments.ts";
import type { SegmentIndex } from "./segment-index.ts";

/** Bytes of one plan beyond its first span. */
export const AHEAD_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Spans of one file that follow one another: span `i` starts at offset `offsets[i]`, byte `positions[i]`, and ends where
 * the next one starts, the last at `end`. One object per log, overwritten by the next plan.
 */
export interface AheadPlan {
  /** 0: nothing is planned, and `slot` has no meaning. */
  count: number;
  /** In the pin table; the caller pins it before it calls the log again. */
  slot: number;
  fd: FileDescriptor;
  end: number;
  /** More lies behind the last span once the high watermark is above this offset. */
  moreAbove: number;
  readonly offsets: number[];
  readonly positions: number[];
}

/**
 * Plans what a reader that goes on as it did will ask for next. Only spans that no later append can make longer: such a
 * plan stays what a fetch would bring for as long as the log start offset is below it. Waits for no batches from the
 * disk: what is not resident is only begun to be read, and ends the plan; the index of the next segment is loaded if it is
 * not. Worker thread.
 */
export class AheadPlanner {
  readonly plan: AheadPlan = {
    count: 0,
    slot: -1,
    fd: -1 as FileDescriptor,
    end: 0,
    moreAbove: 0,
    offsets: new Array(SPANS_AHEAD_MAX).fill(0),
    positions: new Array(SPANS_AHEAD_MAX).fill(0),
  };
  readonly #environment: LogEnvironment;
  readonly #segments: LogSegments;

  constructor(environment: LogEnvironment, segments: LogSegments) {
    this.#environment = environment;
    this.#segments = segments;
  }

  /**
   * The spans behind the one that answers a fetch of `bytesMax` and at least one batch at `offset`, which is in the log
   * below `limit`. Throws `DiskError`, `LogDamage`.
   */
  run(offset: number, limit: LogPosition, bytesMax: number): AheadPlan {
    this.plan.count = 0;
    const place = this.#segments.floor(offset);
    const from = this.#endOfSpanAt(place, offset, limit, bytesMax);
    if (from < 0) return this.plan;
    const segment = this.#segments.all[place]!;
    if (from < readableBytes(segment, limit)) this.#planFrom(place, from, limit, bytesMax);
    else if (segment !== limit.segment) this.#planFrom(place + 1, 0, limit, bytesMax);
    return this.plan;
  }

  /** Where the span of the batch that holds `offset` ends; -1: more may come behind it, or not between batches. */
  #endOfSpanAt(place: number, offset: number, limit: LogPosition, bytesMax: number): number {
    const { reader, handles } = this.#environment;
    const segment = this.#segments.all[place]!;
    const end = readableBytes(segment, limit);
    const index = this.#segments.indexAt(place);
    const start = index.scanStart(offset);
    if (start >= end) return -1;
    reader.start(handles.acquire(segment).fd, start, end, "lookup");
    while (reader.next()) {
      if (reader.lastOffset < offset) continue;
      return spanEnd(index, reader.position, reader.length, end, bytesMax, segment !== limit.segment);
    }
    return -1;
  }

  #planFrom(place: number, start: number, limit: LogPosition, bytesMax: number): void {
    const { plan } = this;
    const { reader, handles } = this.#environment;
    const segment = this.#segments.all[place]!;
    const end = readableBytes(segment, limit);
    const index = this.#segments.indexAt(place);
    const handle = handles.acquire(segment);
    // Asked once for all spans: a call for each would cost as much as the fetches that are spared.
    const hotEnd = this.#hotEnd(handle.fd, start, end, bytesMax);
    let from = start;
    while (plan.count < SPANS_AHEAD_MAX && from < end) {
      // Headers too: a read of a cold one would wait.
      const headerEnd = Math.min(end, from + LOOKUP_WINDOW_BYTES);
      if (headerEnd > hotEnd && !this.#isResident(handle.fd, from, headerEnd)) break;
      reader.start(handle.fd, from, end, "lookup");
      if (!reader.next()) break;
      const to = spanEnd(index, from, reader.length, end, bytesMax, segment !== limit.segment);
      if (to < 0 || (plan.count > 0 && to - start > AHEAD_BYTES_MAX)) break;
      if (to > hotEnd && !this.#isResident(handle.fd, from, to)) break;
      plan.offsets[plan.count] = reader.baseOffset;
      plan.positions[plan.count] = from;
      plan.count++;
      from = to;
    }
    if (plan.count === 0) return;
    if (from < end) plan.moreAbove = plan.offsets[plan.count - 1]!;
    else if (segment === limit.segment) plan.moreAbove = limit.offset;
    else plan.moreAbove = this.#segments.all[place + 1]!.baseOffset;
    plan.end = from;
    plan.fd = handle.fd;
    plan.slot = handles.slotOf(handle);
    if (plan.slot < 0) plan.count = 0;
    // Whoever asks for what comes behind is as sequential as a reader that was answered span by span.
    else handle.sequentialPosition = from;
  }

  /** Up to where spans of `bytesMax` from `start` on are resident for certain; `start` if it is not known. */
  #hotEnd(fd: FileDescriptor, start: number, end: number, bytesMax: number): number {
    const likely = Math.min(end - start, SPANS_AHEAD_MAX * bytesMax, Math.max(AHEAD_BYTES_MAX, bytesMax));
    const resident = this.#environment.files.residentBytes(fd, start as FilePosition, likely);
    return resident >= likely ? start + likely : start;
  }

  #isResident(fd: FileDescriptor, from: number, to: number): boolean {
    return this.#environment.files.residentBytes(fd, from as FilePosition, to - from) >= to - from;
  }
}

/**
 * The same end as a fetch of at least one batch gets at `position`, if it is one between two batches and final; else -1.
 * `isFinal`: nothing will be appended below `end` or behind it in this file.
 */
function spanEnd(
  index: SegmentIndex,
  position: number,
  firstBatchBytes: number,
  end: number,
  bytesMax: number,
  isFinal: boolean,
): number {
  if (end - position <= bytesMax) return isFinal ? end : -1;
  if (firstBatchBytes > bytesMax) return position + firstBatchBytes;
  const entry = index.offsets.floorOfPosition(position + bytesMax);
  const boundary = entry < 0 ? 0 : index.offsets.position(entry);
  return boundary >= position + firstBatchBytes ? boundary : -1;
}
