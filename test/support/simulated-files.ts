import { basename, dirname } from "node:path";
import type { FileDescriptor, FilePosition } from "../../src/base/units.ts";
import { DiskError, type Files } from "../../src/io/files.ts";
import { SeededRandom } from "./seeded-random.ts";
import { SimulatedDirectory, type SimulatedNode } from "./simulated-directory.ts";
import { SimulatedInode } from "./simulated-inode.ts";

/** Calls that a fault may hit. */
export type DiskCall =
  | "open"
  | "create"
  | "read"
  | "write"
  | "truncate"
  | "sync"
  | "list"
  | "makeDirectory"
  | "rename"
  | "remove"
  | "removeDirectory"
  | "syncDirectory";

export interface DiskFault {
  /** Null: any call. */
  readonly call: DiskCall | null;
  /** 1: the next such call. */
  readonly nth: number;
  readonly code: "EIO" | "ENOSPC" | "EMFILE";
  /** Every such call from then on. */
  readonly isPersistent?: boolean;
  /** A failed write has written this share of its bytes. */
  readonly partWritten?: number;
}

/**
 * A disk in memory that loses what it may lose. Bytes and names are durable only once synced; a power loss keeps, drops,
 * tears and reorders the others as a seed decides. Calls fail on demand. For tests of what stands on `Files`.
 */
export class SimulatedFiles implements Files {
  /** Called before each call that changes something: a test may look at the disk there, or crash it. */
  onChange: ((call: DiskCall, path: string) => void) | null = null;
  /** Bytes that all files may have together: beyond it, writes fail with ENOSPC after as much as fits. */
  capacityBytes = Number.POSITIVE_INFINITY;
  /** A disk that lies: syncs succeed and do nothing. A test of durability must fail on it. */
  ignoresSyncs = false;
  ignoresDirectorySyncs = false;
  /** Whether reads would wait for the disk: `residentBytes` says 0 until the range is read. */
  isCold = false;
  /** Calls that failed because of a fault. */
  faultsHit = 0;
  readonly counts = new Map<string, number>();
  /** Ranges handed to `startWriteback`. */
  readonly writebacks: { position: number; length: number }[] = [];
  readonly #root: SimulatedDirectory;
  readonly #open = new Map<number, { node: SimulatedInode; path: string; isWritable: boolean }>();
  readonly #faults: { fault: DiskFault; seen: number }[] = [];
  #nextFd = 3;

  constructor(root = new SimulatedDirectory()) {
    this.#root = root;
  }

  /** What a power loss at this moment leaves, by chance. The disk itself goes on. */
  crashed(seed: number): SimulatedFiles {
    return new SimulatedFiles(this.#root.crashed(new SeededRandom(seed)));
  }

  /** What a death of the process leaves: all bytes, of which the unsynced ones may still be lost. The disk goes on. */
  killed(): SimulatedFiles {
    return new SimulatedFiles(this.#root.killed());
  }

  inject(fault: DiskFault): void {
    this.#faults.push({ fault, seen: 0 });
  }

  clearFaults(): void {
    this.#faults.length = 0;
  }

  get openDescriptors(): number {
    return this.#open.size;
  }

  isOpen(fd: FileDescriptor): boolean {
    return this.#open.has(fd);
  }

  /** A copy of a file's bytes. */
  contentOf(path: string): Uint8Array {
    return this.#fileAt("read", path).content.slice();
  }

  /** Makes a file with durable content, or gives an old one other content: what rot or a person does to a disk. */
  plant(path: string, content: Uint8Array): void {
    const parent = this.#parentOf("create", path);
    const old = parent.entries.get(basename(path));
    const file = old instanceof SimulatedInode ? old : new SimulatedInode();
    file.truncate(0);
    file.write(content, 0);
    file.sync();
    if (old === undefined) {
      parent.change([basename(path), file]);
      parent.sync();
    }
  }

  open(path: string, mode: "read" | "write" | "create"): FileDescriptor {
    this.#called(mode === "create" ? "create" : "open", path);
    if (mode === "create") {
      const parent = this.#parentOf("create", path);
      if (parent.entries.has(basename(path))) throw new DiskError("EEXIST", "open", path);
      parent.change([basename(path), new SimulatedInode()]);
    }
    const fd = this.#nextFd++;
    this.#open.set(fd, { node: this.#fileAt("open", path), path, isWritable: mode !== "read" });
    return fd as FileDescriptor;
  }

  close(fd: FileDescriptor): void {
    this.#descriptor("close", fd);
    this.#open.delete(fd);
  }

  size(fd: FileDescriptor): number {
    return this.#descriptor("size", fd).node.size;
  }

  read(fd: FileDescriptor, into: Uint8Array, at: number, length: number, position: FilePosition): number {
    const { node, path } = this.#descriptor("read", fd);
    this.#called("read", path);
    return node.read(into, at, length, position);
  }

  write(fd: FileDescriptor, from: Uint8Array, at: number, length: number, position: FilePosition): void {
    const { node, path, isWritable } = this.#descriptor("write", fd);
    if (!isWritable) throw new DiskError("EBADF", "write", path);
    const fault = this.#called("write", path, false);
    const bytes = from.subarray(at, at + length);
    if (fault !== null) {
      const part = Math.floor(length * (fault.partWritten ?? 0));
      if (part > 0) node.write(bytes.subarray(0, part), position);
      throw new DiskError(fault.code, "write", path);
    }
    const growth = Math.max(0, position + length - node.size);
    const isLimited = Number.isFinite(this.capacityBytes);
    const room = isLimited ? this.capacityBytes - this.usedBytes() : Number.POSITIVE_INFINITY;
    if (growth > room) {
      const part = Math.max(0, length - (growth - Math.max(0, room)));
      if (part > 0) node.write(bytes.subarray(0, part), position);
      throw new DiskError("ENOSPC", "write", path);
    }
    node.write(bytes, position);
  }

  truncate(fd: FileDescriptor, size: number): void {
    const { node, path } = this.#descriptor("truncate", fd);
    this.#called("truncate", path);
    node.truncate(size);
  }

  sync(fd: FileDescriptor): void {
    const { node, path } = this.#descriptor("sync", fd);
    const fault = this.#called("sync", path, false);
    if (fault !== null) {
      node.failSync();
      throw new DiskError(fault.code, "sync", path);
    }
    if (!this.ignoresSyncs) node.sync();
  }

  exists(path: string): boolean {
    return this.#nodeAt(path) !== undefined;
  }

  list(directory: string): string[] {
    this.#called("list", directory);
    return [...this.#directoryAt("list", directory).entries.keys()].sort();
  }

  makeDirectory(directory: string): void {
    this.#called("makeDirectory", directory);
    const parent = this.#parentOf("makeDirectory", directory);
    if (parent.entries.has(basename(directory))) throw new DiskError("EEXIST", "makeDirectory", directory);
    parent.change([basename(directory), new SimulatedDirectory()]);
  }

  rename(from: string, to: string): void {
    this.#called("rename", from);
    const parent = this.#parentOf("rename", from);
    const node = parent.entries.get(basename(from));
    if (node === undefined) throw new DiskError("ENOENT", "rename", from);
    if (dirname(from) !== dirname(to)) throw new DiskError("EXDEV", "rename", to);
    parent.change([basename(from), null], [basename(to), node]);
  }

  remove(path: string): void {
    this.#called("remove", path);
    this.#fileAt("remove", path);
    this.#parentOf("remove", path).change([basename(path), null]);
  }

  removeDirectory(directory: string): void {
    this.#called("removeDirectory", directory);
    if (this.#directoryAt("removeDirectory", directory).entries.size > 0) {
      throw new DiskError("ENOTEMPTY", "removeDirectory", directory);
    }
    this.#parentOf("removeDirectory", directory).change([basename(directory), null]);
  }

  syncDirectory(directory: string): void {
    this.#called("syncDirectory", directory);
    const node = this.#directoryAt("syncDirectory", directory);
    if (!this.ignoresDirectorySyncs) node.sync();
  }

  residentBytes(_fd: FileDescriptor, _position: FilePosition, length: number): number {
    return this.isCold ? 0 : length;
  }

  startWriteback(_fd: FileDescriptor, position: FilePosition, length: number): void {
    this.writebacks.push({ position, length });
  }

  dropCached(fd: FileDescriptor): void {
    this.#count("dropCached");
    this.#descriptor("dropCached", fd).node.dropCached();
  }

  /** Bytes of all files that have a name. */
  usedBytes(directory = this.#root): number {
    let total = 0;
    for (const node of directory.entries.values()) {
      total += node.isDirectory ? this.usedBytes(node) : node.size;
    }
    return total;
  }

  #count(call: string): void {
    this.counts.set(call, (this.counts.get(call) ?? 0) + 1);
  }

  /** Counts the call and finds the fault that hits it; throws that, unless the call wants to fail in its own way. */
  #called(call: DiskCall, path: string, throws = true): DiskFault | null {
    this.#count(call);
    if (call !== "read" && call !== "open" && call !== "list") this.onChange?.(call, path);
    for (const entry of this.#faults) {
      const { fault } = entry;
      if (fault.call !== null && fault.call !== call) continue;
      entry.seen++;
      const hits = fault.isPersistent ? entry.seen >= fault.nth : entry.seen === fault.nth;
      if (!hits) continue;
      this.faultsHit++;
      if (throws) throw new DiskError(fault.code, call, path);
      return fault;
    }
    return null;
  }

  #descriptor(operation: string, fd: FileDescriptor) {
    const open = this.#open.get(fd);
    if (open === undefined) throw new DiskError("EBADF", operation, `descriptor ${fd}`);
    return open;
  }

  #nodeAt(path: string): SimulatedNode | undefined {
    let node: SimulatedNode | undefined = this.#root;
    for (const name of path.split("/")) {
      if (name === "") continue;
      if (!node?.isDirectory) return undefined;
      node = node.entries.get(name);
    }
    return node;
  }

  #fileAt(operation: string, path: string): SimulatedInode {
    const node = this.#nodeAt(path);
    if (node === undefined) throw new DiskError("ENOENT", operation, path);
    if (node.isDirectory) throw new DiskError("EISDIR", operation, path);
    return node;
  }

  #directoryAt(operation: string, path: string): SimulatedDirectory {
    const node = this.#nodeAt(path);
    if (node === undefined) throw new DiskError("ENOENT", operation, path);
    if (!node.isDirectory) throw new DiskError("ENOTDIR", operation, path);
    return node;
  }

  #parentOf(operation: string, path: string): SimulatedDirectory {
    return this.#directoryAt(operation, dirname(path));
  }
}
