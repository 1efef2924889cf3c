import type { Files } from "../io/files.ts";
import { offsetFileName, SUFFIX } from "./file-names.ts";
import { isPassing } from "./log-failure.ts";
import type { ProducerEntry } from "./producer-entry.ts";
import { decodeProducerSnapshot } from "./producer-snapshot.ts";
import { readWholeFile, removeIfThere, writeNewFile } from "./replace-file.ts";

/** The newest, and one to fall back on should a crash have torn it. */
export const SNAPSHOTS_KEPT = 2;

export interface FoundSnapshot {
  readonly offset: number;
  readonly producers: readonly ProducerEntry[];
}

/**
 * The producer snapshots of one partition. One is written only when everything below its offset is on disk, log and
 * indexes: so it is also the log's own mark of a synced end (see `recovery.ts`). It is not synced itself; whoever reads
 * it checks the sum. Worker thread.
 */
export class SnapshotFiles {
  readonly #files: Files;
  readonly #directory: string;
  /** In order. */
  readonly #offsets: number[];

  constructor(files: Files, directory: string, offsets: readonly number[]) {
    this.#files = files;
    this.#directory = directory;
    this.#offsets = [...offsets];
  }

  /** The newest readable one at or above `offsetMin`; null if there is none. */
  newest(offsetMin: number, nowMs: number): FoundSnapshot | null {
    for (const offset of this.#offsets.toReversed()) {
      if (offset < offsetMin) return null;
      const content = readWholeFile(this.#files, this.#path(offset));
      const decoded = content === null ? null : decodeProducerSnapshot(content, nowMs);
      if (decoded?.ok === true) return { offset, producers: decoded.value };
    }
    return null;
  }

  /** Everything below `offset` is on disk. A full disk only means that a crash costs a longer recovery. */
  save(offset: number, content: Uint8Array, isSynced = false): void {
    this.removeAbove(offset - 1);
    try {
      writeNewFile(this.#files, this.#path(offset), content, isSynced);
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.#remove(offset);
      return;
    }
    this.#offsets.push(offset);
    while (this.#offsets.length > SNAPSHOTS_KEPT) this.#remove(this.#offsets.shift()!);
  }

  /** Of those above the start of a recovery nothing is known: torn, or of records that are cut now. */
  removeAbove(offset: number): void {
    while (this.#offsets.length > 0 && this.#offsets.at(-1)! > offset) this.#remove(this.#offsets.pop()!);
  }

  #remove(offset: number): void {
    removeIfThere(this.#files, this.#path(offset));
  }

  #path(offset: number): string {
    return `${this.#directory}/${offsetFileName(offset, SUFFIX.SNAPSHOT)}`;
  }
}
