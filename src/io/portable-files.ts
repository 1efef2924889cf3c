import {
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import type { FileDescriptor, FilePosition } from "../base/units.ts";
import { DiskError, type Files } from "./files.ts";

const NEW_FILE_MODE = 0o644;
const NEW_DIRECTORY_MODE = 0o755;
/** Absent on Windows. (Bun adds O_CLOEXEC to every open by itself.) */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const OPEN_FLAGS = {
  read: constants.O_RDONLY | NO_FOLLOW,
  write: constants.O_RDWR | NO_FOLLOW,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW,
} as const;

/** {@link Files} for every system that Bun runs on. Without a way to ask about the page cache, nothing counts as resident. */
export class PortableFiles implements Files {
  /** Paths of the descriptors opened here, for error messages; as many as are open. */
  readonly #paths = new Map<number, string>();

  open(path: string, mode: "read" | "write" | "create"): FileDescriptor {
    const fd = attempt("open", path, () => openSync(path, OPEN_FLAGS[mode], NEW_FILE_MODE));
    this.#paths.set(fd, path);
    return fd as FileDescriptor;
  }

  close(fd: FileDescriptor): void {
    const path = this.pathOf(fd);
    this.#paths.delete(fd);
    attempt("close", path, () => closeSync(fd));
  }

  size(fd: FileDescriptor): number {
    return attempt("stat", this.pathOf(fd), () => fstatSync(fd).size);
  }

  read(fd: FileDescriptor, into: Uint8Array, at: number, length: number, position: FilePosition): number {
    let done = 0;
    while (done < length) {
      const bytes = attempt("read", this.pathOf(fd), () =>
        readSync(fd, into, at + done, length - done, position + done),
      );
      if (bytes === 0) break;
      done += bytes;
    }
    return done;
  }

  write(fd: FileDescriptor, from: Uint8Array, at: number, length: number, position: FilePosition): void {
    let done = 0;
    while (done < length) {
      const bytes = attempt("write", this.pathOf(fd), () =>
        writeSync(fd, from, at + done, length - done, position + done),
      );
      if (bytes === 0) throw new DiskError("EIO", "write", this.pathOf(fd));
      done += bytes;
    }
  }

  truncate(fd: FileDescriptor, size: number): void {
    attempt("truncate", this.pathOf(fd), () => ftruncateSync(fd, size));
  }

  sync(fd: FileDescriptor): void {
    attempt("sync", this.pathOf(fd), () => fdatasyncSync(fd));
  }

  exists(path: string): boolean {
    return existsSync(path);
  }

  list(directory: string): string[] {
    return attempt("list", directory, () => readdirSync(directory)).sort();
  }

  makeDirectory(directory: string): void {
    attempt("makeDirectory", directory, () => mkdirSync(directory, { mode: NEW_DIRECTORY_MODE }));
  }

  rename(from: string, to: string): void {
    attempt("rename", from, () => renameSync(from, to));
  }

  remove(path: string): void {
    attempt("remove", path, () => unlinkSync(path));
  }

  removeDirectory(directory: string): void {
    attempt("removeDirectory", directory, () => rmdirSync(directory));
  }

  syncDirectory(directory: string): void {
    if (process.platform === "win32") return; // Windows cannot sync a directory, and journals its entries itself.
    attempt("syncDirectory", directory, () => {
      const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | NO_FOLLOW);
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    });
  }

  residentBytes(_fd: FileDescriptor, _position: FilePosition, _length: number): number {
    return 0;
  }

  startWriteback(_fd: FileDescriptor, _position: FilePosition, _length: number): void {}

  dropCached(_fd: FileDescriptor, _position: FilePosition, _length: number): void {}

  protected pathOf(fd: FileDescriptor): string {
    return this.#paths.get(fd) ?? `descriptor ${fd}`;
  }
}

function attempt<T>(operation: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (typeof code !== "string") throw error; // no system error: a wrong argument, so a bug of the caller
    throw new DiskError(code, operation, path);
  }
}
