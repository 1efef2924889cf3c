import { dlopen, toArrayBuffer } from "bun:ffi";
import { statfsSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FileDescriptor, FilePosition } from "../../src/base/units.ts";
import { DiskError } from "../../src/io/files.ts";
import { type Libc, libc } from "../../src/io/libc.ts";
import { LinuxFiles } from "../../src/io/linux-files.ts";
import { temporaryDirectories } from "./temporary-directory.ts";

const native = libc();
const START = 0 as FilePosition;
const PAGE = 4096;
const MEBIBYTE = 1 << 20;
const directory = temporaryDirectories();

/** On tmpfs the page cache is the disk: nothing can be dropped from it. */
const TMPFS = 0x01021994;
const cachesPages = native !== null && statfsSync(tmpdir()).type !== TMPFS;

describe.skipIf(!cachesPages)("residentBytes()", () => {
  const files = native === null ? null! : new LinuxFiles(native);

  function syncedFile(bytes: number): FileDescriptor {
    const fd = files.open(join(directory(), "a.log"), "create");
    files.write(fd, new Uint8Array(bytes), 0, bytes, START);
    files.sync(fd);
    return fd;
  }

  test("counts all after a write, nothing after the pages were dropped, all after a read", () => {
    const bytes = 4 * MEBIBYTE + 100;
    const fd = syncedFile(bytes);
    expect(files.residentBytes(fd, START, bytes)).toBe(bytes);
    expect(files.residentBytes(fd, 777 as FilePosition, 12_345)).toBe(12_345);
    files.dropCached(fd, START, bytes);
    expect(files.residentBytes(fd, START, bytes)).toBe(0);
    files.read(fd, new Uint8Array(bytes), 0, bytes, START);
    expect(files.residentBytes(fd, START, bytes)).toBe(bytes);
    files.close(fd);
  });

  test("is a lower bound for a range that is resident in part", () => {
    const fd = syncedFile(8 * MEBIBYTE);
    files.dropCached(fd, START, 6 * MEBIBYTE);
    const wholeRange = files.residentBytes(fd, START, 8 * MEBIBYTE);
    expect(wholeRange).toBe(2 * MEBIBYTE);
    expect(files.residentBytes(fd, (6 * MEBIBYTE - 10) as FilePosition, 20)).toBeLessThanOrEqual(10);
    expect(files.residentBytes(fd, (6 * MEBIBYTE) as FilePosition, PAGE + 1)).toBe(PAGE + 1);
    files.close(fd);
  });

  test("takes ranges longer than one call asks about, at positions beyond 4 GiB", () => {
    const fd = files.open(join(directory(), "sparse.log"), "create");
    const position = (2 ** 32 + 3 * PAGE + 5) as FilePosition;
    const bytes = 40 * MEBIBYTE;
    files.write(fd, new Uint8Array(bytes), 0, bytes, position);
    expect(files.residentBytes(fd, position, bytes)).toBe(bytes);
    expect(files.residentBytes(fd, (position - 10 * MEBIBYTE) as FilePosition, bytes)).toBe(30 * MEBIBYTE);
    files.close(fd);
  });

  test("does not count pages whose read has only been started", () => {
    const { readahead } = dlopen("libc.so.6", {
      readahead: { args: ["i32", "i64", "u64"], returns: "i64" },
    } as const).symbols;
    const bytes = 8 * MEBIBYTE;
    const fd = syncedFile(bytes);
    // The disk may be quicker than this thread now and then, but not always.
    let underWay = 0;
    for (let attempt = 0; attempt < 20 && underWay === 0; attempt++) {
      files.dropCached(fd, START, bytes);
      readahead(fd, 0n, BigInt(bytes));
      if (files.residentBytes(fd, START, bytes) < bytes) underWay++;
    }
    expect(underWay).toBe(1);
    files.read(fd, new Uint8Array(bytes), 0, bytes, START);
    expect(files.residentBytes(fd, START, bytes)).toBe(bytes);
    files.close(fd);
  });
});

describe.skipIf(native === null)("reads and writes", () => {
  /** A libc whose pread and pwrite move at most 7 bytes, and are interrupted every other time. */
  function troubledLibc(base: Libc): { troubled: Libc; interruptions: () => number } {
    const errnoWord = new Int32Array(toArrayBuffer(base.__errno_location(), 0, 4));
    let calls = 0;
    let interruptions = 0;
    const interrupted = (): boolean => {
      if (calls++ % 2 === 1) return false;
      errnoWord[0] = constants.errno.EINTR;
      interruptions++;
      return true;
    };
    const troubled: Libc = {
      ...base,
      pread: (fd, into, length, position) =>
        interrupted() ? -1 : base.pread(fd, into, Math.min(length, 7), position),
      pwrite: (fd, from, length, position) =>
        interrupted() ? -1 : base.pwrite(fd, from, Math.min(length, 7), position),
    };
    return { troubled, interruptions: () => interruptions };
  }

  test("are completed when the kernel moves fewer bytes or a signal interrupts it", () => {
    const { troubled, interruptions } = troubledLibc(native!);
    const files = new LinuxFiles(troubled);
    const fd = files.open(join(directory(), "a.log"), "create");
    const bytes = new Uint8Array(100).map((_, i) => i);
    files.write(fd, bytes, 0, 100, START);
    const back = new Uint8Array(120);
    expect(files.read(fd, back, 10, 110, START)).toBe(100);
    expect([...back.subarray(10, 110)]).toEqual([...bytes]);
    expect(interruptions()).toBeGreaterThan(20);
    files.close(fd);
  });

  test("end with EIO instead of a loop when the kernel takes no byte", () => {
    const files = new LinuxFiles({ ...native!, pwrite: () => 0 });
    const fd = files.open(join(directory(), "a.log"), "create");
    expect(() => files.write(fd, new Uint8Array(1), 0, 1, START)).toThrow(DiskError);
    files.close(fd);
  });

  test("never leave their buffer", () => {
    const files = new LinuxFiles(native!);
    const fd = files.open(join(directory(), "a.log"), "create");
    const buffer = new Uint8Array(10);
    expect(() => files.write(fd, buffer, 5, 6, START)).toThrow(/inside its buffer/);
    expect(() => files.read(fd, buffer, -1, 5, START)).toThrow(/inside its buffer/);
    expect(() => files.read(fd, buffer, 0, 11, START)).toThrow(/inside its buffer/);
    files.close(fd);
  });
});
