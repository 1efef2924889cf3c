import { fdatasync } from "node:fs";
import { open } from "node:fs/promises";
import type { FileDescriptor } from "../base/units.ts";
import { DiskError, type Files } from "./files.ts";

/**
 * `fdatasync` on Bun's pool, so that the calling thread goes on appending meanwhile. Resolves to null, or to the
 * errno's code: then it is unknown which of the bytes written before are on disk, and another try would not tell
 * (the kernel may have marked the pages clean). Never rejects. The descriptor must stay open until it resolves.
 */
export function syncInBackground(fd: FileDescriptor): Promise<string | null> {
  return new Promise((resolve) => {
    fdatasync(fd, (error) => resolve(error === null || error === undefined ? null : (error.code ?? "EIO")));
  });
}

/** The same on the calling thread. */
export function syncNow(files: Files, fd: FileDescriptor): string | null {
  try {
    files.sync(fd);
    return null;
  } catch (error) {
    if (error instanceof DiskError) return error.code;
    throw error;
  }
}

/** `fsync` of a directory on Bun's pool: makes creates, renames and removes in it durable. As above otherwise. */
export async function syncDirectoryInBackground(directory: string): Promise<string | null> {
  try {
    const handle = await open(directory, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "EIO";
  }
}
