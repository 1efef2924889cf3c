import type { Files } from "../io/files.ts";
import { offsetFileName, SUFFIX } from "./file-names.ts";
import { type IndexFileCounts, writeIndexFiles } from "./index-files.ts";
import { isPassing } from "./log-failure.ts";
import { replaceFile } from "./replace-file.ts";
import type { Segment } from "./segment.ts";
import type { SegmentIndex } from "./segment-index.ts";

/**
 * Brings a segment's index files up to its index, and waits until they are on disk. `counts` null: what the files hold is
 * not known, they are replaced. False on a full disk: an index works without its files, which can be rebuilt from the log.
 * Blocks; never on the request path.
 */
export function saveIndexSynced(
  files: Files,
  segment: Segment,
  index: SegmentIndex,
  counts: IndexFileCounts | null,
): boolean {
  try {
    if (counts === null) replaceBoth(files, segment, index);
    else writeBoth(files, segment, index, counts);
    return true;
  } catch (error) {
    if (!isPassing(error)) throw error;
    return false;
  }
}

function writeBoth(files: Files, segment: Segment, index: SegmentIndex, counts: IndexFileCounts): void {
  const fds = writeIndexFiles(files, segment, index, counts);
  try {
    for (const fd of fds) files.sync(fd);
  } finally {
    for (const fd of fds) files.close(fd);
  }
}

/**
 * A crash leaves each file whole or as it was. Written in place, a time index may lose its end and still look right: that
 * must not happen where a snapshot already says that the indexes below it are on disk.
 */
function replaceBoth(files: Files, segment: Segment, index: SegmentIndex): void {
  const { directory, baseOffset } = segment;
  const { offsets, times } = index;
  replaceFile(files, directory, offsetFileName(baseOffset, SUFFIX.OFFSET_INDEX), offsets.table.fileBytes());
  replaceFile(files, directory, offsetFileName(baseOffset, SUFFIX.TIME_INDEX), times.table.fileBytes());
}
