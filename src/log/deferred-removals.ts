import type { Files } from "../io/files.ts";
import { isFileMissing } from "./log-failure.ts";

/** Files of deleted segments that wait for `file.delete.delay.ms`. At the limit, retention waits too. */
export const DEFERRED_REMOVALS_MAX = 10_000;

interface Deferred {
  readonly path: string;
  readonly dueMs: number;
  /** The directory change by which the file got its name; see `SyncTickets`. */
  readonly change: number;
}

/**
 * Files that are renamed to `.deleted` and will be removed. Not before the rename is on disk: then a crash can bring back
 * either all names or none, and what is left of an interrupted deletion can be told (see `open-log.ts`). Worker thread.
 */
export class DeferredRemovals {
  /** In order of `dueMs`. */
  readonly #deferred: Deferred[] = [];

  get isFull(): boolean {
    return this.#deferred.length >= DEFERRED_REMOVALS_MAX;
  }

  /** `dueMs` on the monotonic clock. */
  add(path: string, dueMs: number, change: number): void {
    this.#deferred.push({ path, dueMs, change });
  }

  /** Removes what is due. Returns how many. Throws `DiskError`; what failed stays listed. */
  removeDue(files: Files, nowMs: number, isChangeSynced: (change: number) => boolean): number {
    let removed = 0;
    for (;;) {
      const next = this.#deferred[0];
      if (next === undefined || next.dueMs > nowMs || !isChangeSynced(next.change)) return removed;
      try {
        files.remove(next.path);
      } catch (error) {
        if (!isFileMissing(error)) throw error;
      }
      this.#deferred.shift();
      removed++;
    }
  }
}
