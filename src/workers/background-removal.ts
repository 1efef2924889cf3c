import { rm } from "node:fs/promises";
import type { Logger } from "../base/logger.ts";

/**
 * Removes a directory that is already renamed for deletion, off this thread: unlinking gigabytes takes a file system
 * long enough to delay the other partitions of a shared worker. What a crash leaves is removed at the next start. Never
 * rejects.
 */
export function removeInBackground(directory: string, logger: Logger): Promise<void> {
  return rm(directory, { recursive: true, force: true }).catch((error: Error) => {
    logger.warn("removal-failed", "a deleted partition's directory is left over; the next start removes it", {
      directory,
      problem: error.message,
    });
  });
}
