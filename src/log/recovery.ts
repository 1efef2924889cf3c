import type { FileDescriptor, FilePosition, Offset } from "../base/units.ts";
import type { DirectoryListing } from "./directory-listing.ts";
import { offsetFileName, SUFFIX } from "./file-names.ts";
import {
  countsOf,
  type IndexFileCounts,
  NO_INDEX_ENTRIES,
  readIndexFiles,
  removeIndexFiles,
} from "./index-files.ts";
import type { LogEnvironment } from "./log-environment.ts";
import { LogDamage } from "./log-failure.ts";
import { encodeProducerSnapshot } from "./producer-snapshot.ts";
import { ProducerStates } from "./producer-states.ts";
import { type EpochChange, RecoveryScan } from "./recovery-scan.ts";
import { saveIndexSynced } from "./save-index.ts";
import { floorSegment, type Segment } from "./segment.ts";
import { removeSegmentFiles } from "./segment-files.ts";
import { SegmentIndex } from "./segment-index.ts";
import { SnapshotFiles } from "./snapshot-files.ts";

/**
 * Finds out what of a log is really there, after any kind of stop. It costs what was appended since the last producer
 * snapshot (`CHECKPOINT_BYTES` and what one sync covers), whatever the log's size.
 *
 * **Where it starts.** A producer snapshot is written only after everything below its offset is on disk, log and indexes
 * (see `sync-tickets.ts`). Reading back starts at the newest readable one; without any, at the first segment: then
 * everything is verified.
 *
 * **What damage means.** Below the synced end a bad batch is damage: the log is not opened, and nothing of it is changed.
 * From there on it is a torn tail: the log is cut, and segments behind the cut are removed. The synced end is the
 * recovery point or the snapshot's offset, whichever is larger, because the snapshot proves as much. After a clean
 * shutdown without a recovery point, everything was synced, so that any bad batch is damage.
 *
 * **At the end** what was read back is synced, because it may be in the page cache only, and a snapshot marks it.
 */
export interface RecoveryRequest {
  readonly directory: string;
  /** Everything below was synced; null: not known. */
  readonly recoveryPoint: number | null;
  readonly wasCleanShutdown: boolean;
  readonly indexIntervalBytes: number;
}

export interface RecoveredLog {
  /** By base offset; the last one is to be written. */
  readonly segments: Segment[];
  readonly activeFd: FileDescriptor;
  readonly activeIndex: SegmentIndex;
  /** What of the active index stands in its files. */
  readonly activeCounts: IndexFileCounts | null;
  readonly producers: ProducerStates;
  readonly snapshots: SnapshotFiles;
  /** Seen in what was read back. */
  readonly epochChanges: readonly EpochChange[];
  readonly endOffset: Offset;
}

/** Needs at least one segment. Throws `DiskError`, and `LogDamage` before anything of the log is changed. */
export function recoverLog(
  environment: LogEnvironment,
  request: RecoveryRequest,
  listing: DirectoryListing,
): RecoveredLog {
  return new Recovery(environment, request, listing).run();
}

interface OpenedSegment {
  readonly segment: Segment;
  readonly fd: FileDescriptor;
  readonly index: SegmentIndex;
  readonly counts: IndexFileCounts | null;
  /** Where its reading back starts. */
  readonly from: number;
}

class Recovery {
  readonly #environment: LogEnvironment;
  readonly #request: RecoveryRequest;
  readonly #listing: DirectoryListing;
  readonly #snapshots: SnapshotFiles;
  readonly #startOffset: number;
  readonly #syncedOffset: number;
  readonly #scan: RecoveryScan;
  #isCut = false;

  constructor(environment: LogEnvironment, request: RecoveryRequest, listing: DirectoryListing) {
    const { files, clock, reader, producerIdsMax } = environment;
    const { directory, recoveryPoint, wasCleanShutdown, indexIntervalBytes } = request;
    const firstOffset = listing.segments[0]!.baseOffset;
    const nowMs = clock.wallMs();
    const snapshots = new SnapshotFiles(files, directory, listing.snapshots);
    const newest = snapshots.newest(firstOffset, nowMs);
    const producers = new ProducerStates(producerIdsMax);
    for (const entry of newest?.producers ?? []) producers.load(entry);

    this.#environment = environment;
    this.#request = request;
    this.#listing = listing;
    this.#snapshots = snapshots;
    this.#startOffset = newest?.offset ?? firstOffset;
    const unknownPoint = wasCleanShutdown ? Number.POSITIVE_INFINITY : this.#startOffset;
    this.#syncedOffset = Math.max(recoveryPoint ?? unknownPoint, this.#startOffset);
    this.#scan = new RecoveryScan(reader, producers, this.#startOffset, indexIntervalBytes, nowMs);
  }

  run(): RecoveredLog {
    const { segments } = this.#listing;
    const first = floorSegment(segments, this.#startOffset);
    this.#scan.expectedOffset = segments[first]!.baseOffset;
    for (let at = first; ; at++) {
      const opened = this.#open(segments[at]!, at === first);
      try {
        const problem = this.#readBack(opened) ?? this.#gapBefore(segments[at + 1]);
        if (problem !== null) this.#cut(opened, at, problem);
        if (at === segments.length - 1) return this.#finish(opened);
        this.#seal(opened);
      } catch (error) {
        this.#environment.files.close(opened.fd);
        throw error;
      }
      this.#environment.files.close(opened.fd);
    }
  }

  #open(segment: Segment, isFirst: boolean): OpenedSegment {
    const { files } = this.#environment;
    const fd = files.open(segment.path(SUFFIX.LOG), "write");
    // After a failed sync the kernel holds pages for clean that never reached the disk. Read what is really there.
    if (!this.#request.wasCleanShutdown) files.dropCached(fd, 0 as FilePosition, segment.size);
    const resumed = isFirst ? this.#resume(segment, fd) : null;
    if (resumed !== null) return resumed;
    const index = new SegmentIndex(segment.baseOffset);
    // A snapshot inside the segment says that its index is on disk: until that is true again, nothing half done.
    const isIndexPromised = isFirst && this.#startOffset > segment.baseOffset;
    return { segment, fd, index, counts: isIndexPromised ? null : NO_INDEX_ENTRIES, from: 0 };
  }

  /**
   * Goes on from the index files of the segment in which the start offset lies. Null if they are not to be believed: they
   * must lead to a batch that starts at the start offset. Then the whole segment is read back.
   */
  #resume(segment: Segment, fd: FileDescriptor): OpenedSegment | null {
    const { files, reader } = this.#environment;
    const index = readIndexFiles(files, segment);
    if (index === null) return null;
    const from = index.rewindBelow(this.#startOffset);
    let firstOffset = -1;
    let expected = -1;
    reader.start(fd, from, segment.size, "lookup");
    while (expected < this.#startOffset && reader.next()) {
      if (firstOffset < 0) firstOffset = reader.baseOffset;
      else if (reader.baseOffset !== expected) return null;
      expected = reader.lastOffset + 1;
    }
    if (expected !== this.#startOffset) return null;
    if (from === 0 && firstOffset !== segment.baseOffset) return null;
    this.#scan.expectedOffset = firstOffset;
    return { segment, fd, index, counts: countsOf(index), from };
  }

  #readBack({ segment, fd, index, from }: OpenedSegment): string | null {
    const problem = this.#scan.run(fd, from, segment.size, index);
    if (problem === null) return null;
    const name = offsetFileName(segment.baseOffset, SUFFIX.LOG);
    return `${name} holds ${problem} at byte ${this.#scan.goodEnd} (offset ${this.#scan.expectedOffset})`;
  }

  #gapBefore(next: Segment | undefined): string | null {
    const { expectedOffset } = this.#scan;
    if (next === undefined || next.baseOffset === expectedOffset) return null;
    return `the segment that starts at offset ${expectedOffset} is missing before ${next.baseOffset}`;
  }

  /** Makes the segment the last one, ending with its last good batch. */
  #cut({ segment, fd }: OpenedSegment, at: number, problem: string): void {
    const { files, logger } = this.#environment;
    if (this.#scan.expectedOffset < this.#syncedOffset) {
      const synced = Number.isFinite(this.#syncedOffset) ? `offset ${this.#syncedOffset}` : "its end";
      throw new LogDamage(`${problem}, though it was synced up to ${synced}`);
    }
    logger.warn("log-cut", "a torn tail above the synced end was cut", {
      directory: this.#request.directory,
      problem,
      endOffset: this.#scan.expectedOffset,
      segmentsRemoved: this.#listing.segments.length - 1 - at,
    });
    for (const later of this.#listing.segments.splice(at + 1).reverse()) removeSegmentFiles(files, later);
    files.truncate(fd, this.#scan.goodEnd);
    segment.size = this.#scan.goodEnd;
    this.#isCut = true;
  }

  /** A segment that is read back whole and has a successor. */
  #seal({ segment, fd, index, counts }: OpenedSegment): void {
    this.#environment.files.sync(fd);
    index.finish();
    segment.syncedSize = segment.size;
    segment.largestTimestampMs = index.largestTimestampMs;
    const { files } = this.#environment;
    if (!saveIndexSynced(files, segment, index, counts)) removeIndexFiles(files, segment);
  }

  #finish({ segment, fd, index, counts }: OpenedSegment): RecoveredLog {
    const { segments } = this.#listing;
    const endOffset = this.#scan.expectedOffset as Offset;
    if (Number.isFinite(this.#syncedOffset) && endOffset < this.#syncedOffset) {
      throw new LogDamage(`it ends at offset ${endOffset}, though it was synced up to ${this.#syncedOffset}`);
    }
    const isAllProven = endOffset === this.#startOffset && !this.#isCut;
    let isIndexSaved = false;
    if (!isAllProven) {
      this.#environment.files.sync(fd);
      index.finish();
      isIndexSaved = saveIndexSynced(this.#environment.files, segment, index, counts);
    }
    if (!isAllProven || !this.#request.wasCleanShutdown) {
      this.#snapshots.removeAbove(this.#startOffset);
      this.#environment.files.syncDirectory(this.#request.directory);
    }
    if (!isAllProven) this.#snapshots.save(endOffset, encodeProducerSnapshot(this.#scan.producers));
    segment.syncedSize = segment.size;
    return {
      segments,
      activeFd: fd,
      activeIndex: index,
      activeCounts: isIndexSaved ? countsOf(index) : counts,
      producers: this.#scan.producers,
      snapshots: this.#snapshots,
      epochChanges: this.#scan.epochChanges,
      endOffset,
    };
  }
}
