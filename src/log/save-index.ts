import type { Files } from "../io/files.ts";
import { offsetFileName, SUFFIX } from "./file-names.ts";
import { type IndexFileCounts, removeIndexFiles, writeIndexFiles } from "./index-files.ts";
import { isPassing } from "./log-failure.ts";
import { replaceFile } from "./replace-file.ts";
import type { Segment } from "./segment.ts";
import type { SegmentIndex } from "./segment-index.ts";

/**
 * Writes a segment's index and waits until it is on disk. An index works without its files: on a full disk they are
 * removed instead, and the next one to need them rebuilds them from the log. Blocks; never on the request path.
 */
export function saveIndexSynced(
  files: Files,
  segment: Segment,
  index: SegmentIndex,
  counts: IndexFileCounts,
): void {
  try {
    const fds = writeIndexFiles(files, segment, index, counts);
    try {
      for (const fd of fds) files.sync(fd);
    } finally {
      for (const fd of fds) files.close(fd);
    }
  } catch (error) {
    if (!isPassing(error)) throw error;
    removeIndexFiles(files, segment);
    counts.offsets = 0;
    counts.times = 0;
  }
}

/**
 * Puts rebuilt index files in the place of missing or damaged ones of a closed segment. A crash leaves each of them whole
 * or not there, because a time index that lost its end could not be told from a good one. On a full disk they stay as they
 * are, and are rebuilt again. Blocks; rare.
 */
export function replaceIndexFiles(files: Files, segment: Segment, index: SegmentIndex): void {
  const { directory, baseOffset } = segment;
  try {
    replaceFile(
      files,
      directory,
      offsetFileName(baseOffset, SUFFIX.OFFSET_INDEX),
      index.offsets.table.fileBytes(),
    );
    replaceFile(
      files,
      directory,
      offsetFileName(baseOffset, SUFFIX.TIME_INDEX),
      index.times.table.fileBytes(),
    );
  } catch (error) {
    if (!isPassing(error)) throw error;
  }
}
