import type { Offset } from "../base/units.ts";
import type { Files } from "../io/files.ts";
import {
  LEADER_EPOCH_FILE,
  offsetFileName,
  PARTITION_METADATA_FILE,
  parseOffsetFileName,
  SUFFIX,
  TEMPORARY_SUFFIX,
} from "./file-names.ts";
import { Segment } from "./segment.ts";

/** What stands in a partition's directory, by names and sizes only. */
export interface DirectoryListing {
  /** By base offset. */
  readonly segments: Segment[];
  /** Offsets of the producer snapshots, in order. */
  readonly snapshots: Offset[];
  /** Paths of files whose deletion has begun. */
  readonly deleted: string[];
  /** Base offsets of the segments among them. */
  readonly deletedSegments: Offset[];
  /** Names of files that belong to nothing: unfinished replacements, and indexes without a segment. */
  readonly strays: string[];
}

export function listPartition(files: Files, directory: string, nowMs: number): DirectoryListing {
  const listing: DirectoryListing = {
    segments: [],
    snapshots: [],
    deleted: [],
    deletedSegments: [],
    strays: [],
  };
  const names = files.list(directory);
  const present = new Set(names);
  for (const name of names) {
    const parsed = parseOffsetFileName(name);
    if (parsed === null) {
      if (isTemporary(name)) listing.strays.push(name);
    } else if (parsed.isDeleted) {
      listing.deleted.push(`${directory}/${name}`);
      if (parsed.suffix === SUFFIX.LOG) listing.deletedSegments.push(parsed.offset);
    } else if (parsed.suffix === SUFFIX.LOG) {
      const size = sizeOf(files, `${directory}/${name}`);
      listing.segments.push(new Segment(directory, parsed.offset, size, nowMs));
    } else if (parsed.suffix === SUFFIX.SNAPSHOT) {
      listing.snapshots.push(parsed.offset);
    } else if (!present.has(offsetFileName(parsed.offset, SUFFIX.LOG))) {
      listing.strays.push(name);
    }
  }
  return listing;
}

function isTemporary(name: string): boolean {
  if (!name.endsWith(TEMPORARY_SUFFIX)) return false;
  const final = name.slice(0, -TEMPORARY_SUFFIX.length);
  return (
    final === LEADER_EPOCH_FILE || final === PARTITION_METADATA_FILE || parseOffsetFileName(final) !== null
  );
}

function sizeOf(files: Files, path: string): number {
  const fd = files.open(path, "read");
  try {
    return files.size(fd);
  } finally {
    files.close(fd);
  }
}
