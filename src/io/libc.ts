import { dlopen, type FFIFunction, FFIType, type Pointer, read } from "bun:ffi";
import { constants } from "node:os";

/**
 * The C library: the only native binding of the project. Bound once per thread, at the first use, and only on Linux
 * with glibc. Everywhere else {@link libc} is null and the portable implementations do the work; so it is with
 * `ODRADEK_PORTABLE_IO=1`, by which tests take that way on Linux too.
 *
 * A call costs a few nanoseconds beside the system call. 64-bit values travel as `number` (exact to 2^53).
 */
export interface Libc {
  pread(fd: number, into: Pointer, length: number, position: number): number;
  pwrite(fd: number, from: Pointer, length: number, position: number): number;
  fdatasync(fd: number): number;
  ftruncate(fd: number, size: number): number;
  /** Returns the errno itself. */
  posix_fadvise(fd: number, position: number, length: number, advice: number): number;
  sync_file_range(fd: number, position: number, length: number, flags: number): number;
  mmap(at: null, length: number, protection: number, flags: number, fd: number, position: number): number;
  munmap(at: number, length: number): number;
  memcpy(into: number, from: Uint8Array, length: number): Pointer;
  mincore(at: number, length: number, into: Pointer): number;
  send(socketFd: number, from: Pointer, length: number, flags: number): number;
  sendfile(socketFd: number, fd: number, position: Pointer, length: number): number;
  pipe2(into: Pointer, flags: number): number;
  read(fd: number, into: Pointer, length: number): number;
  close(fd: number): number;
  flock(fd: number, operation: number): number;
  listen(socketFd: number, backlog: number): number;
  setenv(name: Uint8Array, value: Uint8Array, overwrite: number): number;
  prctl(option: number, argument: Uint8Array): number;
  clock_gettime(clock: number, into: Pointer): number;
  getpagesize(): number;
  gettid(): number;
  __errno_location(): Pointer;
}

/** Returns a number, not a BigInt. */
const i64 = FFIType.i64_fast;

const signatures: Record<keyof Libc, FFIFunction> = {
  pread: { args: ["i32", "ptr", i64, i64], returns: i64 },
  pwrite: { args: ["i32", "ptr", i64, i64], returns: i64 },
  fdatasync: { args: ["i32"], returns: "i32" },
  ftruncate: { args: ["i32", i64], returns: "i32" },
  posix_fadvise: { args: ["i32", i64, i64, "i32"], returns: "i32" },
  sync_file_range: { args: ["i32", i64, i64, "u32"], returns: "i32" },
  mmap: { args: ["ptr", i64, "i32", "i32", "i32", i64], returns: i64 },
  munmap: { args: [i64, i64], returns: "i32" },
  memcpy: { args: [i64, "ptr", i64], returns: "ptr" },
  mincore: { args: [i64, i64, "ptr"], returns: "i32" },
  send: { args: ["i32", "ptr", i64, "i32"], returns: i64 },
  sendfile: { args: ["i32", "i32", "ptr", i64], returns: i64 },
  pipe2: { args: ["ptr", "i32"], returns: "i32" },
  read: { args: ["i32", "ptr", i64], returns: i64 },
  close: { args: ["i32"], returns: "i32" },
  flock: { args: ["i32", "i32"], returns: "i32" },
  listen: { args: ["i32", "i32"], returns: "i32" },
  setenv: { args: ["ptr", "ptr", "i32"], returns: "i32" },
  prctl: { args: ["i32", "ptr"], returns: "i32" },
  clock_gettime: { args: ["i32", "ptr"], returns: "i32" },
  getpagesize: { args: [], returns: "i32" },
  gettid: { args: [], returns: "i32" },
  __errno_location: { args: [], returns: "ptr" },
};

let bound: Libc | null | undefined;
let errnoAt: Pointer | null = null;

/** This thread's binding, or null where the portable implementations are to be used. */
export function libc(): Libc | null {
  if (bound === undefined) bound = process.env.ODRADEK_PORTABLE_IO === "1" ? null : bind();
  return bound;
}

/** `errno` of this thread. Only meaningful directly after a libc call that failed: anything else may change it. */
export function errno(): number {
  return errnoAt === null ? 0 : read.i32(errnoAt, 0);
}

const codes = new Map<number, string>();
for (const [code, number] of Object.entries(constants.errno)) {
  if (!codes.has(number)) codes.set(number, code);
}

/** `ENOSPC` for 28, and so on. */
export function errnoCode(number: number): string {
  return codes.get(number) ?? `E${number}`;
}

function bind(): Libc | null {
  if (process.platform !== "linux") return null;
  try {
    // The table above is the only description of these functions; Bun's types would make every result a union.
    const symbols = dlopen("libc.so.6", signatures).symbols as unknown as Libc;
    errnoAt = symbols.__errno_location();
    return symbols;
  } catch {
    return null; // musl, or a glibc without one of the calls
  }
}
