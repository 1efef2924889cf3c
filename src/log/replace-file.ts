import type { FilePosition } from "../base/units.ts";
import type { Files } from "../io/files.ts";
import { TEMPORARY_SUFFIX } from "./file-names.ts";

/** Content of a small file; larger means that it is not what its name says. */
export const SMALL_FILE_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Puts `content` in the place of `path` so that a crash at any point leaves the old file or the new one, whole: written
 * and synced under another name, renamed, and the directory synced. Blocks; never on the request path.
 */
export function replaceFile(files: Files, directory: string, name: string, content: Uint8Array): void {
  const path = `${directory}/${name}`;
  const temporary = path + TEMPORARY_SUFFIX;
  removeIfThere(files, temporary);
  writeNewFile(files, temporary, content, true);
  files.rename(temporary, path);
  files.syncDirectory(directory);
}

/** Creates `path` with `content`. What a failure leaves of it is the caller's to remove. */
export function writeNewFile(files: Files, path: string, content: Uint8Array, isSynced: boolean): void {
  const fd = files.open(path, "create");
  try {
    files.write(fd, content, 0, content.byteLength, 0 as FilePosition);
    if (isSynced) files.sync(fd);
  } finally {
    files.close(fd);
  }
}

/** Null if the file is larger than `bytesMax`. */
export function readWholeFile(
  files: Files,
  path: string,
  bytesMax = SMALL_FILE_BYTES_MAX,
): Uint8Array | null {
  const fd = files.open(path, "read");
  try {
    const size = files.size(fd);
    if (size > bytesMax) return null;
    const content = new Uint8Array(size);
    const read = files.read(fd, content, 0, size, 0 as FilePosition);
    return content.subarray(0, read);
  } finally {
    files.close(fd);
  }
}

export function removeIfThere(files: Files, path: string): void {
  if (files.exists(path)) files.remove(path);
}
