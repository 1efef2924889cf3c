import type { FileDescriptor, FilePosition } from "../base/units.ts";
import type { Files } from "../io/files.ts";
import type { EntryTable } from "./entry-table.ts";
import { SUFFIX } from "./file-names.ts";
import { OFFSET_INDEX_ENTRY_BYTES, OffsetIndex } from "./offset-index.ts";
import { readWholeFile } from "./replace-file.ts";
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
  offsets: number;
  times: number;
}

/**
 * Brings the files up to the index: writes the entries behind `counts` and cuts what stands behind them. Returns the two
 * descriptors, open and unsynced: the caller syncs and closes them.
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
  counts.offsets = index.offsets.count;
  counts.times = index.times.count;
  return opened;
}

/** So that the next one to need the index rebuilds it from the log. */
export function removeIndexFiles(files: Files, segment: Segment): void {
  for (const suffix of [SUFFIX.OFFSET_INDEX, SUFFIX.TIME_INDEX]) {
    if (files.exists(segment.path(suffix))) files.remove(segment.path(suffix));
  }
}

function writeEntries(files: Files, path: string, table: EntryTable, countInFile: number): FileDescriptor {
  const fd = files.open(path, files.exists(path) ? "write" : "create");
  try {
    const entries = table.fileBytes(countInFile);
    const position = (countInFile * table.entryBytes) as FilePosition;
    files.truncate(fd, position);
    files.write(fd, entries, 0, entries.byteLength, position);
    return fd;
  } catch (error) {
    files.close(fd);
    throw error;
  }
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
