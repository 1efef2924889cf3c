import { dirname } from "node:path";
import { fail, ok, type Result } from "../base/result.ts";
import { type Disk, type DiskFile, diskErrorCode, temporaryPathOf } from "./disk.ts";
import { encodeFrame, encodeJournal, type RecoveredJournal } from "./metadata-journal.ts";
import type { MetadataOperation } from "./metadata-operation.ts";

/** Growth since the last snapshot, in bytes, at which the journal is written anew; more when the snapshot is larger. */
export const JOURNAL_GROWTH_BYTES_BEFORE_COMPACTION = 1024 * 1024;

export interface JournalFailure {
  /** Nothing more can be written until the broker is restarted and the journal read again. */
  readonly isFinal: boolean;
  /** For the operator and the client: what happened and what to do. */
  readonly message: string;
}

/**
 * The open journal: appends frames and compacts. Main thread; one call at a time (the store serialises them). It owns the
 * file handle from `create` or `reopen` to `close`.
 */
export class MetadataJournalFile {
  readonly #disk: Disk;
  readonly #path: string;
  #file: DiskFile;
  #endBytes: number;
  #nextSequence: number;
  #compactionAtBytes: number;

  private constructor(
    disk: Disk,
    path: string,
    file: DiskFile,
    end: { bytes: number; nextSequence: number },
  ) {
    this.#disk = disk;
    this.#path = path;
    this.#file = file;
    this.#endBytes = end.bytes;
    this.#nextSequence = end.nextSequence;
    this.#compactionAtBytes = compactionThreshold(end.bytes);
  }

  /** Writes a journal that begins with `operations` where there is none. Rejects with Node's error. */
  static async create(
    disk: Disk,
    path: string,
    operations: Iterable<MetadataOperation>,
  ): Promise<MetadataJournalFile> {
    const { file, end } = await writeJournal(disk, path, operations);
    await disk.syncDirectory(dirname(path));
    return new MetadataJournalFile(disk, path, file, end);
  }

  /** Opens a journal that has been read, and cuts off its torn tail. Rejects with Node's error. */
  static async reopen(disk: Disk, path: string, recovered: RecoveredJournal): Promise<MetadataJournalFile> {
    const file = await disk.open(path);
    if (recovered.tornBytes > 0) {
      await file.truncate(recovered.endBytes);
      await file.sync();
    }
    await disk.remove(temporaryPathOf(path));
    const end = { bytes: recovered.endBytes, nextSequence: recovered.nextSequence };
    const journal = new MetadataJournalFile(disk, path, file, end);
    journal.#compactionAtBytes = compactionThreshold(recovered.snapshotBytes);
    return journal;
  }

  get shouldCompact(): boolean {
    return this.#endBytes >= this.#compactionAtBytes;
  }

  /** Makes one commit durable. After a failure that is not final, the file is as it was before. */
  async append(encodedOperations: readonly Uint8Array[]): Promise<Result<void, JournalFailure>> {
    const frame = encodeFrame(this.#nextSequence, encodedOperations);
    try {
      await this.#file.write(frame, this.#endBytes);
    } catch (error) {
      return this.#undoWrite(diskErrorCode(error));
    }
    try {
      await this.#file.sync();
    } catch (error) {
      // The kernel may have marked the pages clean: whether the frame is on disk cannot be found out any more.
      return finalFailure(`could not be synced (${diskErrorCode(error)})`);
    }
    this.#endBytes += frame.byteLength;
    this.#nextSequence++;
    return ok(undefined);
  }

  /**
   * Replaces the journal by one that begins with `operations`. A failure before the new file has its name leaves the
   * old one in use, and the next attempt waits for more growth.
   */
  async compact(operations: Iterable<MetadataOperation>): Promise<Result<void, JournalFailure>> {
    let written: { file: DiskFile; end: { bytes: number; nextSequence: number } };
    try {
      written = await writeJournal(this.#disk, this.#path, operations);
    } catch (error) {
      this.#compactionAtBytes = this.#endBytes + JOURNAL_GROWTH_BYTES_BEFORE_COMPACTION;
      return fail({
        isFinal: false,
        message: `the metadata journal could not be compacted (${diskErrorCode(error)})`,
      });
    }
    const replaced = this.#file;
    this.#file = written.file;
    this.#endBytes = written.end.bytes;
    this.#nextSequence = written.end.nextSequence;
    this.#compactionAtBytes = compactionThreshold(written.end.bytes);
    await replaced.close().catch(() => undefined);
    try {
      await this.#disk.syncDirectory(dirname(this.#path));
    } catch (error) {
      // A power loss could bring the old file back, without what is appended from here on.
      return finalFailure(`could not be replaced durably (${diskErrorCode(error)})`);
    }
    return ok(undefined);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #undoWrite(code: string): Promise<Result<void, JournalFailure>> {
    try {
      await this.#file.truncate(this.#endBytes);
    } catch {
      return finalFailure(`could not be written (${code}), nor brought back to its last good state`);
    }
    const advice =
      code === "ENOSPC" || code === "EDQUOT" ? "free disk space and try again" : "check the disk";
    return fail({
      isFinal: false,
      message: `the metadata journal could not be written (${code}): ${advice}`,
    });
  }
}

/** The new journal, written, synced and named, but its name not yet durable. */
async function writeJournal(
  disk: Disk,
  path: string,
  operations: Iterable<MetadataOperation>,
): Promise<{ file: DiskFile; end: { bytes: number; nextSequence: number } }> {
  const { bytes, nextSequence } = encodeJournal(operations);
  const temporary = temporaryPathOf(path);
  const file = await disk.create(temporary);
  try {
    await file.write(bytes, 0);
    await file.sync();
    await disk.rename(temporary, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await disk.remove(temporary).catch(() => undefined);
    throw error;
  }
  return { file, end: { bytes: bytes.byteLength, nextSequence } };
}

function compactionThreshold(snapshotBytes: number): number {
  return snapshotBytes + Math.max(snapshotBytes, JOURNAL_GROWTH_BYTES_BEFORE_COMPACTION);
}

function finalFailure(what: string): Result<never, JournalFailure> {
  return fail({
    isFinal: true,
    message: `the metadata journal ${what}: metadata is read-only until the disk is checked and the broker restarted`,
  });
}
