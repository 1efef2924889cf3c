import { basename } from "node:path";
import type { Disk, DiskFile } from "../../src/cluster/disk.ts";

/** What survives a power loss of what was not synced. */
export type Survival = "none" | "half" | "all";

interface Inode {
  /** What a reader sees. */
  content: Uint8Array;
  /** What `sync` has made durable. */
  synced: Uint8Array;
}

/**
 * One directory of files in memory that tells what is durable from what is not. Every call first asks `onCall`, which may
 * throw (a failing disk) or reject for ever after (a power loss, see {@link PowerLoss}).
 */
export class MemoryDisk implements Disk {
  readonly #names: Map<string, Inode>;
  #syncedNames: Map<string, Inode>;
  onCall: (operation: string, name: string) => void | Promise<void> = () => undefined;
  readonly calls: string[] = [];

  constructor(names = new Map<string, Inode>()) {
    this.#names = names;
    this.#syncedNames = new Map(names);
  }

  /** The same disk after the power has come back. */
  afterPowerLoss(survival: Survival): MemoryDisk {
    const names = survival === "none" ? this.#syncedNames : this.#names;
    const survivors = new Map<string, Inode>();
    for (const [name, inode] of names) {
      const content = survivingContent(inode, survival);
      survivors.set(name, { content, synced: content });
    }
    return new MemoryDisk(survivors);
  }

  content(name: string): Uint8Array | null {
    return this.#names.get(name)?.content ?? null;
  }

  put(name: string, content: Uint8Array): void {
    this.#names.set(name, { content, synced: content });
    this.#syncedNames = new Map(this.#names);
  }

  names(): string[] {
    return [...this.#names.keys()].sort();
  }

  async read(path: string): Promise<Uint8Array | null> {
    await this.#call("read", path);
    return this.#names.get(basename(path))?.content ?? null;
  }

  async list(directory: string): Promise<string[]> {
    await this.#call("list", directory);
    return this.names();
  }

  async open(path: string): Promise<DiskFile> {
    await this.#call("open", path);
    return this.#file(path, this.#names.get(basename(path)) ?? missing());
  }

  async create(path: string): Promise<DiskFile> {
    await this.#call("create", path);
    const inode: Inode = { content: new Uint8Array(0), synced: new Uint8Array(0) };
    this.#names.set(basename(path), inode);
    return this.#file(path, inode);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#call("rename", to);
    this.#names.set(basename(to), this.#names.get(basename(from)) ?? missing());
    this.#names.delete(basename(from));
  }

  async remove(path: string): Promise<void> {
    await this.#call("remove", path);
    this.#names.delete(basename(path));
  }

  async syncDirectory(directory: string): Promise<void> {
    await this.#call("sync-directory", directory);
    this.#syncedNames = new Map(this.#names);
  }

  #file(path: string, inode: Inode): DiskFile {
    return {
      write: async (bytes, position) => {
        await this.#call("write", path);
        const content = new Uint8Array(Math.max(inode.content.byteLength, position + bytes.byteLength));
        content.set(inode.content);
        content.set(bytes, position);
        inode.content = content;
      },
      truncate: async (length) => {
        await this.#call("truncate", path);
        inode.content = inode.content.slice(0, length);
      },
      sync: async () => {
        await this.#call("sync", path);
        inode.synced = inode.content;
      },
      close: async () => {
        await this.#call("close", path);
      },
    };
  }

  async #call(operation: string, path: string): Promise<void> {
    this.calls.push(operation);
    await this.onCall(operation, basename(path));
  }
}

/** Thrown by every call from the moment on when the power is gone. */
export class PowerLoss extends Error {}

/** An error as `node:fs` throws it. */
export function diskError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function missing(): never {
  throw diskError("ENOENT");
}

/** `half`: the unsynced part of an append is there in its first half only, as when a write is torn. */
function survivingContent(inode: Inode, survival: Survival): Uint8Array {
  if (survival === "all") return inode.content;
  if (survival === "none") return inode.synced;
  const kept = inode.synced.byteLength + Math.floor((inode.content.byteLength - inode.synced.byteLength) / 2);
  return inode.content.slice(0, Math.max(kept, 0));
}
