import type { FilePosition } from "../base/units.ts";
import { DecodeError } from "../protocol/decode-error.ts";
import { type LogRecord, readRecords } from "../protocol/records.ts";
import type { LogEnvironment } from "./log-environment.ts";
import { LogDamage } from "./log-failure.ts";
import { type LogPosition, readableBytes } from "./log-position.ts";
import type { LogSegments } from "./log-segments.ts";

/** Records of one batch, decompressed, to look for a timestamp in: as large as a request may be. */
export const LOOKUP_DECOMPRESSED_BYTES_MAX = 128 * 1024 * 1024;

export interface FoundTimestamp {
  readonly offset: number;
  readonly timestampMs: number;
  readonly leaderEpoch: number;
}

/** Picks a record of one batch. */
type Choice = (records: Iterable<LogRecord>) => LogRecord | null;

/**
 * Finds records by time: the time index tells the segment and about one interval of it, batch headers the batch, and only
 * that batch is decoded. Allocates; not for the append or fetch path. Worker thread.
 */
export class TimestampLookup {
  readonly #environment: LogEnvironment;
  readonly #segments: LogSegments;

  constructor(environment: LogEnvironment, segments: LogSegments) {
    this.#environment = environment;
    this.#segments = segments;
  }

  /** The first record at or above `startOffset` and below `limit` that is not older than `targetMs`. */
  firstAtOrAfter(targetMs: number, startOffset: number, limit: LogPosition): FoundTimestamp | null {
    const isWanted = (record: LogRecord) => record.timestamp >= targetMs && record.offset >= startOffset;
    const choose: Choice = (records) => firstOf(records, isWanted);
    for (let place = this.#segments.floor(startOffset); place < this.#segments.all.length; place++) {
      if (this.#segments.largestTimestampMs(place) < targetMs) continue;
      const found = this.#searchSegment(place, targetMs, startOffset, limit, choose);
      if (found !== null) return found.offset < limit.offset ? found : null;
    }
    return null;
  }

  /** The first of the records below `limit` that have the largest timestamp. */
  largest(startOffset: number, limit: LogPosition): FoundTimestamp | null {
    let largestMs = -1;
    let largestPlace = -1;
    const { all } = this.#segments;
    for (let place = this.#segments.floor(startOffset); place < all.length; place++) {
      const largestHere = this.#largestBelow(place, limit);
      if (largestHere <= largestMs) continue;
      largestMs = largestHere;
      largestPlace = place;
    }
    if (largestPlace < 0) return null;
    return this.#searchSegment(largestPlace, largestMs, startOffset, limit, newestOf);
  }

  /** Largest timestamp of the segment's batches below `limit`. */
  #largestBelow(place: number, limit: LogPosition): number {
    const segment = this.#segments.all[place]!;
    const end = readableBytes(segment, limit);
    if (end === segment.size) return this.#segments.largestTimestampMs(place);
    // The part that may be read is told by the last index entry in it, and the few batches from there on.
    const index = this.#segments.indexAt(place);
    const entry = index.offsets.floorOfPosition(end - 1);
    const time = entry < 0 ? -1 : index.times.floorOfOffset(index.offsets.relativeOffset(entry));
    let largestMs = time < 0 ? -1 : index.times.timestampMs(time);
    const { reader } = this.#environment;
    reader.start(this.#fd(place), entry < 0 ? 0 : index.offsets.position(entry), end, "lookup");
    while (reader.next()) largestMs = Math.max(largestMs, reader.maxTimestampMs);
    return largestMs;
  }

  /** In the first batch of the segment that claims `targetMs` or later and in which `choose` finds something. */
  #searchSegment(
    place: number,
    targetMs: number,
    startOffset: number,
    limit: LogPosition,
    choose: Choice,
  ): FoundTimestamp | null {
    const { reader } = this.#environment;
    const segment = this.#segments.all[place]!;
    const end = readableBytes(segment, limit);
    const from = this.#segments.indexAt(place).scanStartForTimestamp(targetMs);
    if (from >= end) return null;
    reader.start(this.#fd(place), from, end, "lookup");
    while (reader.next()) {
      if (reader.maxTimestampMs < targetMs || reader.lastOffset < startOffset) continue;
      const found = this.#decodeBatch(place, choose);
      if (found !== null) return found;
    }
    if (reader.problem !== null) {
      throw new LogDamage(`segment ${segment.baseOffset} holds ${reader.problem} at byte ${reader.position}`);
    }
    return null;
  }

  /** In the reader's batch. Of a batch whose records cannot be decoded, its header has to do. */
  #decodeBatch(place: number, choose: Choice): FoundTimestamp | null {
    const { files, reader } = this.#environment;
    const { position, length, leaderEpoch, baseOffset, lastOffset, maxTimestampMs } = reader;
    const batch = new Uint8Array(length);
    files.read(this.#fd(place), batch, 0, length, position as FilePosition);
    try {
      const record = choose(readRecords(batch, 0, LOOKUP_DECOMPRESSED_BYTES_MAX));
      if (record === null) return null;
      // Offsets inside a batch are the client's: they do not lead out of it.
      const offset = Math.min(Math.max(record.offset, baseOffset), lastOffset);
      return { offset, timestampMs: record.timestamp, leaderEpoch };
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return { offset: baseOffset, timestampMs: maxTimestampMs, leaderEpoch };
    }
  }

  #fd(place: number) {
    return this.#environment.handles.acquire(this.#segments.all[place]!).fd;
  }
}

function firstOf(records: Iterable<LogRecord>, isWanted: (record: LogRecord) => boolean): LogRecord | null {
  for (const record of records) if (isWanted(record)) return record;
  return null;
}

function newestOf(records: Iterable<LogRecord>): LogRecord | null {
  let newest: LogRecord | null = null;
  for (const record of records) {
    if (newest === null || record.timestamp > newest.timestamp) newest = record;
  }
  return newest;
}
