import { type Pointer, toArrayBuffer } from "bun:ffi";
import { assert } from "../base/assert.ts";
import { type Libc, libc } from "./libc.ts";

// <sys/mman.h>
const PROT_READ_WRITE = 3;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const MAP_FAILED = -1;

/** What a partition thread is told of an arena's memory: see {@link openArenaMemory}. */
export type ArenaMemoryHandle = SharedArrayBuffer | { readonly address: number; readonly bytes: number };

/**
 * The bytes of an arena, which the main thread only writes. There they are no JavaScript object: the collector counts a
 * SharedArrayBuffer as live memory of every thread that has it, and lets garbage grow to a multiple of what lives. Ten arenas
 * of 8 MiB made it wait for hundreds of MB of garbage where 20 MiB were really alive.
 *
 * Without glibc it is a SharedArrayBuffer after all. Main thread, which allocates and frees it.
 */
export class ArenaMemory implements Disposable {
  readonly handle: ArenaMemoryHandle;
  readonly capacityBytes: number;
  readonly #target: MappedMemory | Uint8Array;
  #isFreed = false;

  constructor(capacityBytes: number) {
    assert(capacityBytes > 0, "an arena has memory");
    this.capacityBytes = capacityBytes;
    const mapped = MappedMemory.map(capacityBytes);
    if (mapped === null) {
      const shared = new SharedArrayBuffer(capacityBytes);
      this.handle = shared;
      this.#target = new Uint8Array(shared);
    } else {
      this.handle = { address: mapped.address, bytes: capacityBytes };
      this.#target = mapped;
    }
  }

  write(at: number, bytes: Uint8Array): void {
    assert(!this.#isFreed, "nothing is written to memory that is gone");
    assert(at >= 0 && at + bytes.byteLength <= this.capacityBytes, "what is written lies in the arena");
    this.#target.set(bytes, at);
  }

  /** Once the partition thread has ended: until then it may look at the bytes. A second time does nothing. */
  [Symbol.dispose](): void {
    if (this.#isFreed) return;
    this.#isFreed = true;
    if (this.#target instanceof MappedMemory) this.#target.unmap();
  }
}

/** The same bytes on the partition thread. They are gone after its end at the latest. */
export function openArenaMemory(handle: ArenaMemoryHandle): Uint8Array {
  if (handle instanceof SharedArrayBuffer) return new Uint8Array(handle);
  return new Uint8Array(toArrayBuffer(handle.address as Pointer, 0, handle.bytes));
}

/** Pages of this process that no file and no JavaScript object stands behind. */
class MappedMemory {
  readonly address: number;
  readonly #bytes: number;
  readonly #libc: Libc;

  /** `null`: no glibc, or the system gives no memory. */
  static map(bytes: number): MappedMemory | null {
    const native = libc();
    if (native === null) return null;
    const address = native.mmap(null, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
    return address === MAP_FAILED ? null : new MappedMemory(native, address, bytes);
  }

  private constructor(native: Libc, address: number, bytes: number) {
    this.#libc = native;
    this.address = address;
    this.#bytes = bytes;
  }

  set(bytes: Uint8Array, at: number): void {
    this.#libc.memcpy(this.address + at, bytes, bytes.byteLength);
  }

  unmap(): void {
    this.#libc.munmap(this.address, this.#bytes);
  }
}
