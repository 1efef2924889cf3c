import { ptr } from "bun:ffi";
import { constants } from "node:os";
import { assert } from "../base/assert.ts";
import type { FileDescriptor, FilePosition } from "../base/units.ts";
import { DiskError } from "./files.ts";
import { errno, errnoCode, type Libc } from "./libc.ts";
import { PageResidency } from "./page-residency.ts";
import { PortableFiles } from "./portable-files.ts";

// <linux/fadvise.h>, <linux/fs.h>: the same on every architecture that Bun runs on.
const POSIX_FADV_DONTNEED = 4;
const SYNC_FILE_RANGE_WRITE = 2;
const { EINTR } = constants.errno;

/**
 * Of one `pwrite`. The kernel takes as large a folio as the write is long, and on a guest whose free memory goes back to
 * its host, large free blocks have to be found anew: bare writes of 64 KiB ran at 2.8 GB/s and 0.24 CPU-s/GB, of 1 MiB at
 * 1.5 and 0.56 in the same minute. Small calls cost a few percent where that is not so.
 */
const WRITE_BYTES_MAX = 64 * 1024;

/** {@link PortableFiles} with Linux's own calls where they are faster or the only way. One per thread. */
export class LinuxFiles extends PortableFiles {
  readonly #libc: Libc;
  readonly #residency: PageResidency;

  constructor(libc: Libc) {
    super();
    this.#libc = libc;
    this.#residency = new PageResidency(libc);
  }

  override read(
    fd: FileDescriptor,
    into: Uint8Array,
    at: number,
    length: number,
    position: FilePosition,
  ): number {
    assert(at >= 0 && length >= 0 && at + length <= into.byteLength, "a read stays inside its buffer");
    let done = 0;
    while (done < length) {
      const bytes = this.#libc.pread(fd, ptr(into, at + done), length - done, position + done);
      if (bytes > 0) done += bytes;
      else if (bytes === 0) break;
      else this.#throwUnlessInterrupted("read", fd);
    }
    return done;
  }

  override write(
    fd: FileDescriptor,
    from: Uint8Array,
    at: number,
    length: number,
    position: FilePosition,
  ): void {
    assert(at >= 0 && length >= 0 && at + length <= from.byteLength, "a write stays inside its buffer");
    let done = 0;
    while (done < length) {
      const callBytes = Math.min(length - done, writeBytesFrom(position + done));
      const bytes = this.#libc.pwrite(fd, ptr(from, at + done), callBytes, position + done);
      if (bytes > 0) done += bytes;
      else if (bytes === 0) throw new DiskError("EIO", "write", this.pathOf(fd));
      else this.#throwUnlessInterrupted("write", fd);
    }
  }

  override truncate(fd: FileDescriptor, size: number): void {
    while (this.#libc.ftruncate(fd, size) !== 0) this.#throwUnlessInterrupted("truncate", fd);
  }

  /** Not retried when interrupted either: after any failure the kernel may hold the pages for clean. */
  override sync(fd: FileDescriptor): void {
    if (this.#libc.fdatasync(fd) !== 0) throw new DiskError(errnoCode(errno()), "sync", this.pathOf(fd));
  }

  override residentBytes(fd: FileDescriptor, position: FilePosition, length: number): number {
    return this.#residency.residentBytes(fd, position, length);
  }

  /** Advice: a failure changes nothing but speed. So for the one below. */
  override startWriteback(fd: FileDescriptor, position: FilePosition, length: number): void {
    if (length > 0) this.#libc.sync_file_range(fd, position, length, SYNC_FILE_RANGE_WRITE);
  }

  /** A length of 0 would mean "to the end" to the kernel, here and in `startWriteback`. */
  override dropCached(fd: FileDescriptor, position: FilePosition, length: number): void {
    if (length > 0) this.#libc.posix_fadvise(fd, position, length, POSIX_FADV_DONTNEED);
  }

  #throwUnlessInterrupted(operation: string, fd: FileDescriptor): void {
    const number = errno();
    if (number !== EINTR) throw new DiskError(errnoCode(number), operation, this.pathOf(fd));
  }
}

/** Up to the next multiple of the largest write, so that the folios of a growing file are aligned. */
function writeBytesFrom(position: number): number {
  return WRITE_BYTES_MAX - (position % WRITE_BYTES_MAX);
}
