import { readFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";

/** Memory that stays free. */
const FREE_BYTES_LEFT = 1e9;
const READ_BYTES = 4 * 1024 * 1024;

/**
 * What a sample finds. Throughput is measured with a `full` page cache: see {@link PageCacheFiller}. Latencies and whole
 * processes are measured with `free` memory: in a full one the kernel reclaims pages in the writer's own time, and the
 * p99 of a paced load is that of the reclaim (71 to 167 ms here, 4 to 5 with free memory), whatever the broker does.
 */
export type MemoryState = "full" | "free";

/**
 * Keeps free memory low by reading a file of holes, as on a machine that has been up for a while: its page cache is full,
 * and new pages come from old clean ones. On a guest whose free memory goes back to the host, whoever writes first pays
 * for every page: filling 15 GB took 21 s of system time here, and a bare `pwrite` of 1 MiB blocks ran at 1.5 GB/s on
 * pages that had to be found and at 2.6 on others. Which broker happens to get them must not decide a comparison.
 */
export class PageCacheFiller implements AsyncDisposable {
  readonly #file: FileHandle;
  readonly #fileBytes: number;
  readonly #freeBytesNow: () => number;
  readonly #buffer = new Uint8Array(READ_BYTES);
  #position = 0;

  private constructor(file: FileHandle, fileBytes: number, freeBytesNow: () => number) {
    this.#file = file;
    this.#fileBytes = fileBytes;
    this.#freeBytesNow = freeBytesNow;
  }

  /** Makes the file in `folder`; it takes no room on disk. The folder's owner removes it. */
  static async create(
    folder: string,
    freeBytesNow: () => number = freeBytesOfMachine,
    fileBytes: number = 2 * totalmem(),
  ): Promise<PageCacheFiller> {
    const file = await open(join(folder, "holes"), "w+");
    await file.truncate(fileBytes);
    return new PageCacheFiller(file, fileBytes, freeBytesNow);
  }

  /** Reads until little memory is free; at most half the file. Resolves to the bytes read; ends early when aborted. */
  async fill(signal: AbortSignal): Promise<number> {
    let readBytes = 0;
    while (
      readBytes + READ_BYTES <= this.#fileBytes / 2 &&
      !signal.aborted &&
      this.#freeBytesNow() > FREE_BYTES_LEFT
    ) {
      if (this.#position + READ_BYTES > this.#fileBytes) this.#position = 0;
      await this.#file.read(this.#buffer, 0, READ_BYTES, this.#position);
      this.#position += READ_BYTES;
      readBytes += READ_BYTES;
    }
    return readBytes;
  }

  /** Gives the memory back. */
  async release(): Promise<void> {
    await this.#file.truncate(0);
    await this.#file.truncate(this.#fileBytes);
    this.#position = 0;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file.close();
  }
}

/** MemFree of /proc/meminfo; 0 where there is none, so that nothing is read. */
export function freeBytesOfMachine(): number {
  if (process.platform !== "linux") return 0;
  const kibibytes = /^MemFree:\s+(\d+) kB/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1];
  return Number(kibibytes ?? 0) * 1024;
}
