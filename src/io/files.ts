import type { FileDescriptor, FilePosition } from "../base/units.ts";

/**
 * Everything that touches a disk, synchronously, so that the code above can be a plain state machine and a simulated
 * disk can stand in. Methods throw {@link DiskError} and nothing else; the caller's boundary (a partition, a command)
 * turns it into a value with a code. Owned by one thread; descriptors are valid in the whole process.
 */
export interface Files {
  /** `read`: must exist. `write`: read and write, must exist. `create`: read and write, must not exist (O_EXCL).
   *  Always O_NOFOLLOW | O_CLOEXEC. */
  open(path: string, mode: "read" | "write" | "create"): FileDescriptor;
  close(fd: FileDescriptor): void;
  /** Bytes. */
  size(fd: FileDescriptor): number;
  /** Fills `into[at, at + length)` from `position`; returns bytes read, short only at the end of the file. */
  read(fd: FileDescriptor, into: Uint8Array, at: number, length: number, position: FilePosition): number;
  /** Writes all of `from[at, at + length)` (shared memory allowed) at `position`, or throws; what was written before
   *  the failure is unknown to the caller, who truncates. */
  write(fd: FileDescriptor, from: Uint8Array, at: number, length: number, position: FilePosition): void;
  truncate(fd: FileDescriptor, size: number): void;
  /** Blocking `fdatasync`. The hot path does not use it: see `beginSync` of the partition log. */
  sync(fd: FileDescriptor): void;

  exists(path: string): boolean;
  /** Names in a directory, sorted. */
  list(directory: string): string[];
  /** Creates one directory; its parent must exist. */
  makeDirectory(directory: string): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  removeDirectory(directory: string): void;
  /** `fsync` of a directory: makes creates, renames and removes in it durable. */
  syncDirectory(directory: string): void;

  /** Bytes of the range that are in the page cache (a lower bound; 0 where it cannot be told). */
  residentBytes(fd: FileDescriptor, position: FilePosition, length: number): number;
  /** Starts write-back of the range without waiting for it. */
  startWriteback(fd: FileDescriptor, position: FilePosition, length: number): void;
  /** Lets the kernel forget clean pages of the range. */
  dropCached(fd: FileDescriptor, position: FilePosition, length: number): void;
}

/** A disk's failure, with the system's code (`ENOSPC`, `EIO`, `ENOENT`, …), the call and the path. */
export class DiskError extends Error {
  override readonly name = "DiskError";
  readonly code: string;
  readonly operation: string;
  readonly path: string;

  constructor(code: string, operation: string, path: string) {
    super(`${operation} of ${path} failed with ${code}`);
    this.code = code;
    this.operation = operation;
    this.path = path;
  }
}
