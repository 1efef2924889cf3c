import { assert } from "../base/assert.ts";
import type { FileDescriptor } from "../base/units.ts";

/**
 * Which descriptors may not be closed yet, in shared memory. One table belongs to one worker: only that thread opens
 * and closes slots, and it pins a slot before it publishes a span of that file. The main thread unpins when the span
 * is sent or dropped; while it holds a pin it may add more, for parts of that span. The worker closes a descriptor only when it is unpinned.
 *
 * ```
 *   slot, 8 bytes:
 *      0  descriptor + 1  i32  0: the slot is free
 *      4  pins            i32
 * ```
 */
const SLOT_WORDS = 2;

export function allocateSpanPins(slots: number): SharedArrayBuffer {
  assert(Number.isInteger(slots) && slots > 0, "a pin table has slots");
  return new SharedArrayBuffer(slots * SLOT_WORDS * Int32Array.BYTES_PER_ELEMENT);
}

export class SpanPins {
  readonly #words: Int32Array;
  /** Free slots, for the owning thread; built at the first `open`. */
  #free: number[] | null = null;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
  }

  /** Owner only. The slot for a descriptor, unpinned; -1 while the table is full. */
  open(fd: FileDescriptor): number {
    assert(fd >= 0, "a descriptor is not negative");
    const slot = (this.#free ??= this.#freeSlots()).pop();
    if (slot === undefined) return -1;
    Atomics.store(this.#words, slot * SLOT_WORDS, fd + 1);
    return slot;
  }

  pin(slot: number): void {
    assert(this.isSlotOpen(slot), "only open slots are pinned");
    Atomics.add(this.#words, slot * SLOT_WORDS + 1, 1);
  }

  unpin(slot: number): void {
    const before = Atomics.sub(this.#words, slot * SLOT_WORDS + 1, 1);
    assert(before > 0, "a slot was unpinned more often than pinned");
  }

  isPinned(slot: number): boolean {
    return Atomics.load(this.#words, slot * SLOT_WORDS + 1) > 0;
  }

  isSlotOpen(slot: number): boolean {
    return Atomics.load(this.#words, slot * SLOT_WORDS) > 0;
  }

  /** Owner only. Frees the slot; the descriptor itself is closed by the caller. */
  close(slot: number): void {
    assert(this.isSlotOpen(slot), "only open slots are closed");
    assert(!this.isPinned(slot), "a pinned slot stays open");
    this.#free ??= this.#freeSlots();
    Atomics.store(this.#words, slot * SLOT_WORDS, 0);
    this.#free.push(slot);
  }

  /** What is open in the table: what is left to close after the owner has died. */
  openSlots(): { slot: number; fd: FileDescriptor }[] {
    const open: { slot: number; fd: FileDescriptor }[] = [];
    for (let word = 0; word < this.#words.length; word += SLOT_WORDS) {
      const entry = Atomics.load(this.#words, word);
      if (entry > 0) open.push({ slot: word / SLOT_WORDS, fd: (entry - 1) as FileDescriptor });
    }
    return open;
  }

  #freeSlots(): number[] {
    const free: number[] = [];
    for (let slot = this.#words.length / SLOT_WORDS - 1; slot >= 0; slot--) {
      if (!this.isSlotOpen(slot)) free.push(slot);
    }
    return free;
  }
}
