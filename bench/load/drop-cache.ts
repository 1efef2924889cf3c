import { closeSync, fdatasyncSync, fstatSync, openSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { FileDescriptor, FilePosition } from "../../src/base/units.ts";
import { libc } from "../../src/io/libc.ts";
import { PageResidency } from "../../src/io/page-residency.ts";

// <linux/fadvise.h>
const POSIX_FADV_DONTNEED = 4;

export interface DroppedCache {
  readonly bytes: number;
  /** What stayed in memory all the same. */
  readonly residentBytes: number;
}

/** Syncs a topic's segments and drops their pages from the page cache, by posix_fadvise(2): no rights needed. */
export function dropCacheOf(dataDirectory: string, topic: string): DroppedCache {
  const calls = libc();
  if (calls === null) throw new Error("dropping files from the page cache needs Linux with glibc");
  const residency = new PageResidency(calls);
  let bytes = 0;
  let residentBytes = 0;
  for (const path of segmentsOf(dataDirectory, topic)) {
    const fd = openSync(path, "r") as FileDescriptor;
    try {
      const { size } = fstatSync(fd);
      fdatasyncSync(fd);
      const failure = calls.posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
      if (failure !== 0) throw new Error(`posix_fadvise failed with ${failure}`);
      bytes += size;
      if (size > 0) residentBytes += residency.residentBytes(fd, 0 as FilePosition, size);
    } finally {
      closeSync(fd);
    }
  }
  if (bytes === 0) throw new Error(`no segments of ${topic} below the data directory`);
  return { bytes, residentBytes };
}

/** Segments of all partitions, wherever below the data directory the broker keeps them. */
function segmentsOf(dataDirectory: string, topic: string): string[] {
  return readdirSync(dataDirectory, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".log") && /-\d+$/.test(basename(dirname(name))))
    .filter((name) => basename(dirname(name)).replace(/-\d+$/, "") === topic)
    .map((name) => join(dataDirectory, name));
}
