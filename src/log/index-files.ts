import type { FileDescriptor, FilePosition } from "../base/units.ts";
import type { Files } from "../io/files.ts";
import type { EntryTable } from "./entry-table.ts";
import { SUFFIX } from "./file-names.ts";
import { OFFSET_INDEX_ENTRY_BYTES, OffsetIndex } from "./offset-index.ts";
import { readWholeFile, removeIfThere } from "./replace-file.ts";
import type { Segment } from "./segment.ts";
import { SegmentIndex } from "./segment-index.ts";
import { TIME_INDEX_ENTRY_BYTES, TimeIndex } from "./time-index.ts";

/** An index file may be as large as `segment.index.bytes` allows an int32 to say; a larger one is none. */
const INDEX_FILE_BYTES_MAX = 0x7fff_ffff;

/** Both index files of a segment; null where one is missing or is not what its name says. */
export function readIndexFiles(files: Files, segment: Segment): SegmentIndex | null {
  const offsets = readEntries(files, segment.path(SUFFIX.OFFSET_INDEX), OFFSET_INDEX_ENTRY_BYTES);
  const times = readEntries(files, segment.path(SUFFIX.TIME_INDEX), TIME_INDEX_ENTRY_BYTES);
  if (offsets === null || times === null) return null;
  const offsetIndex = new OffsetIndex(offsets);
  const timeIndex = new TimeIndex(times);
  if (!offsetIndex.isSane(segment.size) || !timeIndex.isSane()) return null;
  return new SegmentIndex(segment.baseOffset, offsetIndex, timeIndex);
}

/**
 * The largest timestamp that a closed segment's time index ends with, without loading it. -1 if the index is empty;
 * null if it is missing or damaged.
 */
export function readLargestTimestamp(files: Files, segment: Segment): number | null {
  const path = segment.path(SUFFIX.TIME_INDEX);
  if (!files.exists(path)) return null;
  const fd = files.open(path, "read");
  try {
    const size = files.size(fd);
    if (size === 0) return -1;
    if (size % TIME_INDEX_ENTRY_BYTES !== 0) return null;
    const last = new Uint8Array(TIME_INDEX_ENTRY_BYTES);
    const position = (size - TIME_INDEX_ENTRY_BYTES) as FilePosition;
    files.read(fd, last, 0, TIME_INDEX_ENTRY_BYTES, position);
    const index = new TimeIndex(last);
    // Zeros are what a preallocated index of Kafka ends in.
    return index.timestampMs(0) === 0 && index.relativeOffset(0) === 0 ? null : index.timestampMs(0);
  } finally {
    files.close(fd);
  }
}

/** How many entries of the index stand in its files. */
export interface IndexFileCounts {
  readonly offsets: number;
  readonly times: number;
}

export const NO_INDEX_ENTRIES: IndexFileCounts = { offsets: 0, times: 0 };

export function countsOf(index: SegmentIndex): IndexFileCounts {
  return { offsets: index.offsets.count, times: index.times.count };
}

/**
 * Brings the files, of which the first `counts` entries are known to be right, up to the index. Returns the two descriptors,
 * open and unsynced: the caller syncs and closes them.
 */
export function writeIndexFiles(
  files: Files,
  segment: Segment,
  index: SegmentIndex,
  counts: IndexFileCounts,
): FileDescriptor[] {
  const opened: FileDescriptor[] = [];
  try {
    opened.push(writeEntries(files, segment.path(SUFFIX.OFFSET_INDEX), index.offsets.table, counts.offsets));
    opened.push(writeEntries(files, segment.path(SUFFIX.TIME_INDEX), index.times.table, counts.times));
  } catch (error) {
    for (const fd of opened) files.close(fd);
    throw error;
  }
  return opened;
}

/** So that the next one to need the index rebuilds it from the log. */
export function removeIndexFiles(files: Files, segment: Segment): void {
  for (const suffix of [SUFFIX.OFFSET_INDEX, SUFFIX.TIME_INDEX]) removeIfThere(files, segment.path(suffix));
}

/**
 * What stands in the file already stays untouched, even for a moment: a snapshot may say that it is on disk. That is more
 * than `countInFile` after a reopen, which takes back the entries of the last interval and makes the same ones again.
 */
function writeEntries(files: Files, path: string, table: EntryTable, countInFile: number): FileDescriptor {
  const fd = files.open(path, files.exists(path) ? "write" : "create");
  try {
    const entries = table.fileBytes();
    const size = files.size(fd);
    const known = countInFile * table.entryBytes;
    // Not what an earlier sync may have failed to write: see `recovery.ts`.
    if (size > known) files.dropCached(fd, 0 as FilePosition, size);
    const from = known + sameBytes(files, fd, entries.subarray(known, size), known);
    if (from < entries.byteLength) {
      files.write(fd, entries, from, entries.byteLength - from, from as FilePosition);
    }
    if (size > entries.byteLength) files.truncate(fd, entries.byteLength);
    return fd;
  } catch (error) {
    files.close(fd);
    throw error;
  }
}

/** How many bytes of `expected` the file has at `position`. */
function sameBytes(files: Files, fd: FileDescriptor, expected: Uint8Array, position: number): number {
  const found = new Uint8Array(expected.byteLength);
  files.read(fd, found, 0, found.byteLength, position as FilePosition);
  const different = found.findIndex((byte, at) => byte !== expected[at]);
  return different < 0 ? expected.byteLength : different;
}

/** The entries of a file, without the zeros that Kafka preallocates; null if there are no whole ones. */
function readEntries(files: Files, path: string, entryBytes: number): Uint8Array | null {
  if (!files.exists(path)) return null;
  const content = readWholeFile(files, path, INDEX_FILE_BYTES_MAX);
  if (content === null || content.byteLength % entryBytes !== 0) return null;
  let end = content.byteLength;
  while (end > 0 && isZero(content, end - entryBytes, end)) end -= entryBytes;
  return content.subarray(0, end);
}

function isZero(bytes: Uint8Array, from: number, end: number): boolean {
  for (let at = from; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}
