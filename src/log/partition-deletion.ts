import { basename, dirname } from "node:path";
import { fail, ok, type Result } from "../base/result.ts";
import type { Files } from "../io/files.ts";
import { failureOf, isFileMissing, type LogFailure } from "./log-failure.ts";

/**
 * Deletion of a whole partition in two steps, each of which survives a crash at any point: the directory is renamed out
 * of the way (which is the moment of deletion), and then removed file by file. Kafka's name for it is
 * `<topic>-<partition>.<32 hex digits>-delete`, the topic cut where 255 bytes would not do.
 */
const NAME_BYTES_MAX = 255;
const DELETION_NAME = /^.+-[0-9]+\.[0-9a-f]{32}-delete$/;

/** What an interrupted deletion leaves in the data directory. */
export function isPartitionDeletion(directoryName: string): boolean {
  return DELETION_NAME.test(directoryName);
}

/**
 * Renames a closed partition's directory; durable when it returns. Returns the new path, at which nothing stands if the
 * directory was gone already (a deletion that a crash interrupted). Blocks.
 */
export function beginPartitionDeletion(files: Files, directory: string): Result<string, LogFailure> {
  const parent = dirname(directory);
  const name = basename(directory);
  const renamed = `${parent}/${deletionName(name)}`;
  try {
    renameIfThere(files, directory, renamed);
    files.syncDirectory(parent);
    return ok(renamed);
  } catch (error) {
    return fail(failureOf(name, error));
  }
}

/** Removes a renamed directory, or what an interrupted call has left of it. Blocks: unlinking gigabytes takes time. */
export function finishPartitionDeletion(files: Files, renamed: string): Result<void, LogFailure> {
  try {
    if (files.exists(renamed)) {
      for (const name of files.list(renamed)) files.remove(`${renamed}/${name}`);
      files.removeDirectory(renamed);
    }
    files.syncDirectory(dirname(renamed));
    return ok(undefined);
  } catch (error) {
    return fail(failureOf(basename(renamed), error));
  }
}

function renameIfThere(files: Files, from: string, to: string): void {
  try {
    files.rename(from, to);
  } catch (error) {
    if (!isFileMissing(error)) throw error;
  }
}

function deletionName(partitionName: string): string {
  const dash = partitionName.lastIndexOf("-");
  const suffix = `${partitionName.slice(dash)}.${crypto.randomUUID().replaceAll("-", "")}-delete`;
  return partitionName.slice(0, Math.min(dash, NAME_BYTES_MAX - suffix.length)) + suffix;
}
