import { DiskError } from "../io/files.ts";

/**
 * Why a partition's log could not be opened, or went offline. `code` is stable; `message` says what happened, why,
 * and what to do, for an operator.
 */
export interface LogFailure {
  readonly code: "log-damaged" | "log-disk-error" | "log-sync-failed" | "log-wrong-topic";
  readonly message: string;
}

/**
 * Damage of files found while reading them. Thrown inside `src/log` only, beside {@link DiskError}; the public methods
 * turn both into a {@link LogFailure} or an error code.
 */
export class LogDamage extends Error {
  override readonly name = "LogDamage";
}

/** The disk has no room or the process no descriptors at the moment: it may work again later, nothing is broken. */
const PASSING_CODES = new Set(["ENOSPC", "EDQUOT", "EMFILE", "ENFILE", "ENOMEM"]);

export function isPassing(error: unknown): boolean {
  return error instanceof DiskError && PASSING_CODES.has(error.code);
}

export function isFileMissing(error: unknown): boolean {
  return error instanceof DiskError && error.code === "ENOENT";
}

/** Rethrows what is neither a disk's nor a file's fault: a bug must stop the thread. */
export function failureOf(partition: string, error: unknown): LogFailure {
  if (error instanceof LogDamage) return damaged(partition, error.message);
  if (error instanceof DiskError) {
    return {
      code: "log-disk-error",
      message:
        `${partition} is offline: ${error.message}. ` +
        "Check the disk and the permissions of the data directory, then restart the broker.",
    };
  }
  throw error;
}

export function damaged(partition: string, what: string): LogFailure {
  return {
    code: "log-damaged",
    message:
      `${partition} is damaged: ${what}. It stays offline and none of its files were deleted. ` +
      "Restore its directory from a copy, or move the directory away to give its records up, then restart the broker.",
  };
}

export function syncFailed(partition: string, systemCode: string): LogFailure {
  return {
    code: "log-sync-failed",
    message:
      `${partition} is offline: a sync of its files failed with ${systemCode}, so it is unknown which of its newest ` +
      "bytes are on disk, and trying again would not tell. Check the disk, then restart the broker: it reads back " +
      "what is really there.",
  };
}

export function wrongTopic(partition: string, expectedId: string, foundId: string): LogFailure {
  return {
    code: "log-wrong-topic",
    message:
      `${partition} is offline: its directory belongs to the topic id ${foundId}, not to ${expectedId}: ` +
      "an older topic of the same name, or files of another broker. Move the directory away, then restart the broker.",
  };
}
