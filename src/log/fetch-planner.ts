import type { FileDescriptor, FilePosition } from "../base/units.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { removeIndexFiles } from "./index-files.ts";
import type { LogEnvironment } from "./log-environment.ts";
import { LogDamage } from "./log-failure.ts";
import { type LogPosition, readableBytes } from "./log-position.ts";
import type { LogSegments } from "./log-segments.ts";
import type { SegmentHandle } from "./segment-handles.ts";
import type { SegmentIndex } from "./segment-index.ts";

/** Read ahead for a reader that goes on where it stopped, so that its next fetch finds what it asks for. */
const READ_AHEAD_SEQUENTIAL_BYTES = 8 * 1024 * 1024;

/** Bytes of a plan that are not in the page cache. The caller reads them before it lets the span be sent. */
export interface ColdRange {
  readonly fd: FileDescriptor;
  readonly position: FilePosition;
  readonly length: number;
  /** To be read after them, while nobody waits. The file may end before. */
  readonly aheadBytes: number;
}

/** Which bytes answer a fetch. One object per log, overwritten by the next plan. */
export interface FetchPlan {
  errorCode: ErrorCode;
  /** In the pin table; the caller pins it before it calls the log again. */
  slot: number;
  fd: FileDescriptor;
  position: FilePosition;
  /** 0: nothing to read. */
  length: number;
  /** More bytes lie behind these below the limit that was asked for. */
  isCutShort: boolean;
  /** Of read_committed. Transactions are not served yet, so there are none. */
  readonly abortedTransactions: readonly never[];
}

/**
 * Turns offsets into spans of files: binary search in the index, then a short walk over batch headers. Worker thread.
 */
export class FetchPlanner {
  readonly plan: FetchPlan = {
    errorCode: ErrorCode.NONE,
    slot: -1,
    fd: -1 as FileDescriptor,
    position: 0 as FilePosition,
    length: 0,
    isCutShort: false,
    abortedTransactions: [],
  };
  readonly #environment: LogEnvironment;
  readonly #segments: LogSegments;
  #handle: SegmentHandle | null = null;

  constructor(environment: LogEnvironment, segments: LogSegments) {
    this.#environment = environment;
    this.#segments = segments;
  }

  /** An answer without bytes. */
  empty(errorCode: ErrorCode): FetchPlan {
    const { plan } = this;
    plan.errorCode = errorCode;
    plan.slot = -1;
    plan.fd = -1 as FileDescriptor;
    plan.position = 0 as FilePosition;
    plan.length = 0;
    plan.isCutShort = false;
    this.#handle = null;
    return plan;
  }

  /** From the batch that holds `offset`, which is in the log below `limit`. Throws `DiskError`, `LogDamage`. */
  run(offset: number, limit: LogPosition, bytesMax: number, minOneBatch: boolean): FetchPlan {
    const { reader, handles } = this.#environment;
    const place = this.#segments.floor(offset);
    const segment = this.#segments.all[place]!;
    const end = readableBytes(segment, limit);
    const index = this.#seek(place, offset, end);
    const { position } = reader;
    const length = trimToBatches(index, position, reader.length, end - position, bytesMax, minOneBatch);
    if (length === 0) return this.empty(ErrorCode.NONE);

    const handle = handles.acquire(segment);
    const slot = handles.slotOf(handle);
    // Every descriptor of the table is being sent from: the client tries again.
    if (slot < 0) return this.empty(ErrorCode.KAFKA_STORAGE_ERROR);
    const { plan } = this;
    plan.errorCode = ErrorCode.NONE;
    plan.slot = slot;
    plan.fd = handle.fd;
    plan.position = position as FilePosition;
    plan.length = length;
    const next = this.#segments.all[place + 1];
    plan.isCutShort = position + length < end || (next !== undefined && next.baseOffset < limit.offset);
    this.#handle = handle;
    return plan;
  }

  /**
   * What has to be read before the plan's bytes are sent, since `sendfile` on the main thread must not wait for the disk;
   * null when they are resident. A reader that goes on where it stopped gets the next bytes read ahead too.
   */
  coldRange(): ColdRange | null {
    const { fd, position, length } = this.plan;
    const handle = this.#handle;
    if (handle === null) return null;
    const isSequential = handle.sequentialPosition === position;
    handle.sequentialPosition = position + length;
    if (this.#environment.files.residentBytes(fd, position, length) >= length) return null;
    return { fd, position, length, aheadBytes: isSequential ? READ_AHEAD_SEQUENTIAL_BYTES : 0 };
  }

  /** Leaves the reader on the batch that holds `offset`. An index that leads elsewhere is thrown away and rebuilt, once. */
  #seek(place: number, offset: number, end: number): SegmentIndex {
    const { files, handles } = this.#environment;
    const index = this.#segments.indexAt(place);
    if (this.#walkTo(place, index, offset, end)) return index;
    const segment = this.#segments.all[place]!;
    if (!handles.isHeld(segment)) {
      handles.discard(segment);
      removeIndexFiles(files, segment);
      const rebuilt = this.#segments.indexAt(place);
      if (this.#walkTo(place, rebuilt, offset, end)) return rebuilt;
    }
    const { problem, position } = this.#environment.reader;
    throw new LogDamage(
      `segment ${segment.baseOffset} holds ${problem ?? "other offsets than its place says"} at byte ${position}`,
    );
  }

  #walkTo(place: number, index: SegmentIndex, offset: number, end: number): boolean {
    const { reader, handles } = this.#environment;
    const start = index.scanStart(offset);
    if (start >= end) return false;
    reader.start(handles.acquire(this.#segments.all[place]!).fd, start, end, "lookup");
    while (reader.next()) {
      if (reader.baseOffset > offset) return false;
      if (reader.lastOffset >= offset) return true;
    }
    return false;
  }
}

/**
 * At most `bytesMax`, up to the last batch that the index knows to end before. Between two index entries the last batch
 * may be cut, which readers allow for. The first batch comes whole or, beyond `bytesMax`, only if one batch is owed.
 */
function trimToBatches(
  index: SegmentIndex,
  position: number,
  firstBatchBytes: number,
  available: number,
  bytesMax: number,
  minOneBatch: boolean,
): number {
  if (available <= bytesMax) return available;
  if (firstBatchBytes > bytesMax) return minOneBatch ? firstBatchBytes : 0;
  const entry = index.offsets.floorOfPosition(position + bytesMax);
  const boundary = entry < 0 ? 0 : index.offsets.position(entry);
  return boundary >= position + firstBatchBytes ? boundary - position : bytesMax;
}
