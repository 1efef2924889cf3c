import { type FileHandle, open, readdir, readFile, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * The main thread's small files: metadata, checkpoints, markers. Asynchronous throughout, because the main thread never
 * waits for a disk; log files are not touched from here. Methods reject with Node's errors (`code` is the system's).
 * Injected, so that a test can fail any call.
 */
export interface Disk {
  /** The whole file, or `null` when there is none. */
  read(path: string): Promise<Uint8Array | null>;
  /** Names in a directory. */
  list(directory: string): Promise<string[]>;
  /** Opens for reading and writing; the file must exist. */
  open(path: string): Promise<DiskFile>;
  /** Creates or empties a file, for reading and writing. */
  create(path: string): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; one that does not exist is fine. */
  remove(path: string): Promise<void>;
  /** Makes creates, renames and removes in a directory durable. */
  syncDirectory(directory: string): Promise<void>;
}

export interface DiskFile {
  /** Writes all of `bytes` at `position`. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  truncate(length: number): Promise<void>;
  /** `fdatasync`. A failure is final: what the kernel holds of the file is unknown afterwards. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Puts `bytes` under `path` so that a crash leaves the old file or the new one: temporary file, sync, rename, sync of
 * the directory. The temporary file is removed when anything before the rename fails.
 */
export async function replaceFile(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = temporaryPathOf(path);
  try {
    const file = await disk.create(temporary);
    try {
      await file.write(bytes, 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await disk.rename(temporary, path);
  } catch (error) {
    await disk.remove(temporary).catch(() => undefined);
    throw error;
  }
  await disk.syncDirectory(dirname(path));
}

/** Beside the file, so that the rename stays within one file system. A left-over one is overwritten by the next. */
export function temporaryPathOf(path: string): string {
  return join(dirname(path), `${basename(path)}.tmp`);
}

/** Node's error code of anything thrown by a {@link Disk}: `ENOSPC`, `EIO`, … */
export function diskErrorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : error instanceof Error ? error.message : String(error);
}

export const nodeDisk: Disk = {
  read: (path) => readFile(path).catch(nullIfMissing),
  list: (directory) => readdir(directory),
  open: async (path) => nodeFile(await open(path, "r+")),
  create: async (path) => nodeFile(await open(path, "w+", 0o644)),
  rename: (from, to) => rename(from, to),
  remove: async (path) => void (await unlink(path).catch(nullIfMissing)),
  syncDirectory: async (directory) => {
    const handle = await open(directory, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

function nullIfMissing(error: unknown): null {
  if (diskErrorCode(error) === "ENOENT") return null;
  throw error;
}

function nodeFile(handle: FileHandle): DiskFile {
  return {
    write: async (bytes, position) => {
      for (let at = 0; at < bytes.byteLength; ) {
        const { bytesWritten } = await handle.write(bytes, at, bytes.byteLength - at, position + at);
        at += bytesWritten;
      }
    },
    truncate: (length) => handle.truncate(length),
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
}
