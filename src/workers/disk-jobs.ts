import type { FileDescriptor, FilePosition } from "../base/units.ts";

/**
 * What a partition thread has done by a disk, handed in so that a test can hold it up. All give `null` or the system's
 * error code; none rejects, and none tries again. But for `syncFileNow` they run off this thread and end on its event loop.
 */
export interface DiskJobs {
  syncFile(fd: FileDescriptor): Promise<string | null>;
  syncFileNow(fd: FileDescriptor): string | null;
  syncDirectory(path: string): Promise<string | null>;
  /** Brings a range into the page cache. */
  readThrough(fd: FileDescriptor, position: FilePosition, length: number): Promise<string | null>;
}
