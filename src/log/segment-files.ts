import type { Files } from "../io/files.ts";
import { DELETED_SUFFIX, SUFFIX } from "./file-names.ts";
import { removeIfThere } from "./replace-file.ts";
import type { Segment } from "./segment.ts";

/** A segment's files. (Snapshots are the partition's.) */
const SUFFIXES = [SUFFIX.LOG, SUFFIX.OFFSET_INDEX, SUFFIX.TIME_INDEX] as const;

/** At once: of segments that nobody can have read. */
export function removeSegmentFiles(files: Files, segment: Segment): void {
  for (const suffix of SUFFIXES) removeIfThere(files, segment.path(suffix));
}

/** Takes a segment out of its log; returns the paths of the files to remove later. */
export function renameSegmentFilesToDeleted(files: Files, segment: Segment): string[] {
  const renamed: string[] = [];
  for (const suffix of SUFFIXES) {
    const path = segment.path(suffix);
    if (!files.exists(path)) continue;
    files.rename(path, path + DELETED_SUFFIX);
    renamed.push(path + DELETED_SUFFIX);
  }
  return renamed;
}
