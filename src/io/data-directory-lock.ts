import { Database } from "bun:sqlite";
import {
  closeSync,
  constants as fileConstants,
  ftruncateSync,
  openSync,
  readFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { fail, ok, type Result } from "../base/result.ts";
import { errno, errnoCode, type Libc, libc } from "./libc.ts";

const LOCK_FILE = ".lock";
const PORTABLE_LOCK_FILE = ".lock.sqlite";
const LOCK_FILE_MODE = 0o644;

// <sys/file.h>
const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;

/** Keeps databases from the garbage collector, which would close them and so drop their locks. */
const heldDatabases = new Set<Database>();

/** Held by one broker at a time. The kernel lets go of it when the process dies, however it dies. */
export interface DataDirectoryLock {
  release(): void;
}

export interface DataDirectoryLockFailure {
  /** `HELD`: another broker has it; otherwise the system's code. */
  readonly code: string;
  /** For the operator. */
  readonly message: string;
}

/**
 * Claims a data directory, which must exist: two brokers on one directory would destroy each other's logs. Also
 * refused within one process (two embedded brokers). Main thread, once at start; does not wait.
 */
export function lockDataDirectory(directory: string): Result<DataDirectoryLock, DataDirectoryLockFailure> {
  try {
    const native = libc();
    return native === null ? lockBySqlite(directory) : lockByFlock(native, directory);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "EIO";
    return fail({ code, message: `The data directory ${directory} cannot be locked: ${code}.` });
  }
}

/** The file names its holder for the error message only; the lock is the kernel's, so a file left behind does no harm. */
function lockByFlock(native: Libc, directory: string): Result<DataDirectoryLock, DataDirectoryLockFailure> {
  const path = join(directory, LOCK_FILE);
  const fd = openSync(
    path,
    fileConstants.O_RDWR | fileConstants.O_CREAT | fileConstants.O_NOFOLLOW,
    LOCK_FILE_MODE,
  );
  if (native.flock(fd, LOCK_EX | LOCK_NB) !== 0) {
    const code = errnoCode(errno());
    closeSync(fd);
    if (code !== "EAGAIN") return fail({ code, message: `The lock file ${path} cannot be locked: ${code}.` });
    return fail(held(directory, ` (process ${readFileSync(path, "latin1").trim()})`));
  }
  ftruncateSync(fd, 0);
  writeSync(fd, `${process.pid}\n`, 0);
  const release = (): void => {
    // Not by closing alone: a child process that is just being started has the descriptor too, until it executes.
    native.flock(fd, LOCK_UN);
    closeSync(fd);
  };
  return ok({ release });
}

/**
 * SQLite knows every system's file locks and comes with Bun. A file with a process id in it would have to guess
 * whether that process is still alive, and still the same; in a container the id is always 1.
 */
function lockBySqlite(directory: string): Result<DataDirectoryLock, DataDirectoryLockFailure> {
  const database = new Database(join(directory, PORTABLE_LOCK_FILE), { create: true });
  try {
    database.run("PRAGMA journal_mode = MEMORY");
    database.run("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if ((error as NodeJS.ErrnoException).code === "SQLITE_BUSY") return fail(held(directory, ""));
    throw error;
  }
  heldDatabases.add(database);
  const release = (): void => {
    heldDatabases.delete(database);
    database.close();
  };
  return ok({ release });
}

function held(directory: string, holder: string): DataDirectoryLockFailure {
  const message = `The data directory ${directory} is in use by another broker${holder}. Stop it, or choose another directory.`;
  return { code: "HELD", message };
}
