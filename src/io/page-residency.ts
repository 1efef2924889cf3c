import { ptr } from "bun:ffi";
import type { FileDescriptor, FilePosition } from "../base/units.ts";
import type { Libc } from "./libc.ts";

// <sys/mman.h>
const PROT_READ = 1;
const MAP_SHARED = 1;
const MAP_FAILED = -1;
const RESIDENT_BIT = 1;

/** Pages asked about by one call; longer ranges take several. 16 MiB with 4 KiB pages. */
const PAGES_PER_CALL = 4096;

/**
 * Asks the kernel which bytes of a file can be sent without waiting for the disk, by mincore(2) on a mapping that is
 * never touched. 1.7 µs for 16 KiB, 6.5 µs for 1 MiB.
 *
 * Not by cachestat(2), though that is five times faster: it counts pages whose read has only been started. Measured
 * after readahead(2): "all 2048 pages" at once, while the disk delivered the first of them a millisecond later. A
 * span found resident that way would stop every connection of the main thread in sendfile(2).
 */
export class PageResidency {
  readonly #libc: Libc;
  readonly #pageBytes: number;
  readonly #flags = new Uint8Array(new ArrayBuffer(PAGES_PER_CALL));
  readonly #flagsAt = ptr(this.#flags);

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#pageBytes = libc.getpagesize();
  }

  /** A lower bound, exact when it equals `length`; 0 where it cannot be told. */
  residentBytes(fd: FileDescriptor, position: FilePosition, length: number): number {
    const end = position + length;
    const windowBytes = PAGES_PER_CALL * this.#pageBytes;
    let resident = 0;
    let from = position - (position % this.#pageBytes);
    while (from < end) {
      const to = Math.min(from + windowBytes, end);
      const wanted = to - Math.max(from, position);
      const missing = this.#missingPages(fd, from, to - from);
      if (missing === 0) resident += wanted;
      else resident += Math.max(0, wanted - missing * this.#pageBytes);
      from = to;
    }
    return resident;
  }

  #missingPages(fd: FileDescriptor, from: number, length: number): number {
    const pages = Math.ceil(length / this.#pageBytes);
    const address = this.#libc.mmap(null, length, PROT_READ, MAP_SHARED, fd, from);
    if (address === MAP_FAILED) return pages;
    const failed = this.#libc.mincore(address, length, this.#flagsAt) !== 0;
    this.#libc.munmap(address, length);
    if (failed) return pages;

    let missing = 0;
    for (let page = 0; page < pages; page++) {
      if ((this.#flags[page]! & RESIDENT_BIT) === 0) missing++;
    }
    return missing;
  }
}
