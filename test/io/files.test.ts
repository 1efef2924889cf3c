import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FileDescriptor, FilePosition } from "../../src/base/units.ts";
import { DiskError } from "../../src/io/files.ts";
import { libc } from "../../src/io/libc.ts";
import { LinuxFiles } from "../../src/io/linux-files.ts";
import { PortableFiles } from "../../src/io/portable-files.ts";
import { temporaryDirectories } from "./temporary-directory.ts";

const native = libc();
const implementations = [
  ["PortableFiles", () => new PortableFiles()],
  ...(native === null ? [] : [["LinuxFiles", () => new LinuxFiles(native)] as const]),
] as const;

const START = 0 as FilePosition;
const at = (position: number): FilePosition => position as FilePosition;
const directory = temporaryDirectories();

/** The DiskError that `action` ends with. */
function diskError(action: () => unknown): Pick<DiskError, "code" | "operation" | "path"> {
  try {
    action();
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    return { code: error.code, operation: error.operation, path: error.path };
  }
  return expect.unreachable("no error came");
}

describe.each(implementations)("%s", (_name, makeFiles) => {
  const files = makeFiles();

  test("reads back what it wrote at positions, from plain and from shared memory", () => {
    const path = join(directory(), "a.log");
    const fd = files.open(path, "create");
    const shared = new Uint8Array(new SharedArrayBuffer(4096)).map((_, i) => i % 251);
    files.write(fd, shared, 100, 2000, at(10));
    files.write(fd, new Uint8Array([1, 2, 3]), 1, 2, START);
    expect(files.size(fd)).toBe(2010);

    const into = new Uint8Array(new SharedArrayBuffer(3000)).fill(255);
    expect(files.read(fd, into, 500, 2000, at(10))).toBe(2000);
    expect([...into.subarray(500, 2500)]).toEqual([...shared.subarray(100, 2100)]);
    expect(into[499]).toBe(255);
    expect(into[2500]).toBe(255);
    const small = new Uint8Array(4);
    expect(files.read(fd, small, 0, 4, START)).toBe(4);
    expect([...small]).toEqual([2, 3, 0, 0]);
    files.close(fd);
  });

  test("reads short only at the end of the file", () => {
    const fd = files.open(join(directory(), "a.log"), "create");
    files.write(fd, new Uint8Array(100), 0, 100, START);
    const into = new Uint8Array(80);
    expect(files.read(fd, into, 0, 80, at(60))).toBe(40);
    expect(files.read(fd, into, 0, 80, at(100))).toBe(0);
    expect(files.read(fd, into, 0, 0, START)).toBe(0);
    files.close(fd);
  });

  test("writes and reads beyond 4 GiB", () => {
    const fd = files.open(join(directory(), "sparse.log"), "create");
    const position = at(5 * 2 ** 32 + 12_345);
    files.write(fd, new Uint8Array([42, 43]), 0, 2, position);
    const into = new Uint8Array(2);
    files.read(fd, into, 0, 2, position);
    expect([...into]).toEqual([42, 43]);
    expect(files.size(fd)).toBe(position + 2);
    files.truncate(fd, 2 ** 32 + 1);
    expect(files.size(fd)).toBe(2 ** 32 + 1);
    files.close(fd);
  });

  test("opens what the mode says: create never overwrites, read and write never create", () => {
    const path = join(directory(), "a.log");
    expect(diskError(() => files.open(path, "write"))).toEqual({ code: "ENOENT", operation: "open", path });
    expect(diskError(() => files.open(path, "read")).code).toBe("ENOENT");
    files.close(files.open(path, "create"));
    expect(diskError(() => files.open(path, "create")).code).toBe("EEXIST");
    const readOnly = files.open(path, "read");
    expect(diskError(() => files.write(readOnly, new Uint8Array(1), 0, 1, START))).toEqual({
      code: "EBADF",
      operation: "write",
      path,
    });
    files.close(readOnly);
  });

  test("follows no symbolic link", () => {
    const inside = directory();
    writeFileSync(join(inside, "target"), "secret");
    symlinkSync(join(inside, "target"), join(inside, "link"));
    expect(diskError(() => files.open(join(inside, "link"), "read")).code).toBe("ELOOP");
  });

  test.skipIf(native === null)("does not leave descriptors to child processes", () => {
    const fd = files.open(join(directory(), "a.log"), "create");
    const flags = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8").match(/flags:\s*([0-7]+)/)?.[1];
    expect(Number.parseInt(flags!, 8) & 0o2000000).not.toBe(0);
    files.close(fd);
  });

  test.skipIf(native === null)("says ENOSPC, the call and the path when the disk is full", () => {
    const fd = files.open("/dev/full", "write");
    expect(diskError(() => files.write(fd, new Uint8Array(8), 0, 8, START))).toEqual({
      code: "ENOSPC",
      operation: "write",
      path: "/dev/full",
    });
    files.close(fd);
  });

  test("names the call when a descriptor is closed already", () => {
    const fd = files.open(join(directory(), "a.log"), "create");
    files.close(fd);
    expect(diskError(() => files.sync(fd))).toMatchObject({ code: "EBADF", operation: "sync" });
    expect(diskError(() => files.truncate(fd, 0))).toMatchObject({ code: "EBADF", operation: "truncate" });
    expect(diskError(() => files.read(fd, new Uint8Array(1), 0, 1, START))).toMatchObject({ code: "EBADF" });
    expect(diskError(() => files.size(fd))).toMatchObject({ code: "EBADF" });
    expect(diskError(() => files.close(fd))).toMatchObject({ code: "EBADF" });
  });

  test("makes, lists, renames and removes, and syncs the directory", () => {
    const parent = directory();
    files.makeDirectory(join(parent, "orders-0"));
    files.close(files.open(join(parent, "b"), "create"));
    files.close(files.open(join(parent, "a"), "create"));
    expect(files.list(parent)).toEqual(["a", "b", "orders-0"]);
    files.rename(join(parent, "b"), join(parent, "orders-0", "c"));
    files.syncDirectory(parent);
    expect(files.exists(join(parent, "b"))).toBe(false);
    expect(diskError(() => files.removeDirectory(join(parent, "orders-0"))).code).toBe("ENOTEMPTY");
    files.remove(join(parent, "orders-0", "c"));
    files.removeDirectory(join(parent, "orders-0"));
    expect(files.list(parent)).toEqual(["a"]);
    expect(diskError(() => files.list(join(parent, "none"))).code).toBe("ENOENT");
    expect(diskError(() => files.makeDirectory(join(parent, "none", "x"))).code).toBe("ENOENT");
    expect(diskError(() => files.syncDirectory(join(parent, "none"))).code).toBe("ENOENT");
    expect(diskError(() => files.remove(join(parent, "none"))).code).toBe("ENOENT");
    expect(diskError(() => files.rename(join(parent, "none"), join(parent, "x"))).code).toBe("ENOENT");
  });

  test("takes advice calls on any range without an error", () => {
    const fd = files.open(join(directory(), "a.log"), "create");
    files.write(fd, new Uint8Array(10_000), 0, 10_000, START);
    files.startWriteback(fd, START, 10_000);
    files.sync(fd);
    for (const [position, length] of [
      [0, 10_000],
      [5, 0],
      [9_999, 1],
      [2 ** 40, 1000],
    ] as const) {
      files.dropCached(fd, at(position), length);
      expect(files.residentBytes(fd, at(position), length)).toBeLessThanOrEqual(length);
    }
    expect(files.residentBytes(999_999 as FileDescriptor, START, 100)).toBe(0);
    files.close(fd);
  });
});
