import type { SeededRandom } from "./seeded-random.ts";

/** What a disk writes as a whole; a write to it happens or does not. */
export const SECTOR_BYTES = 512;

interface Change {
  /** Null for a truncation. */
  readonly bytes: Uint8Array | null;
  /** Of the write; the new size of a truncation. */
  readonly position: number;
  /** A sync that failed went over it: no later sync makes it durable any more (the kernel holds the page for clean). */
  isGivenUp: boolean;
}

/** How much of the unsynced changes of one file a crash keeps. */
type Mercy = "none" | "all" | "first ones" | "some";
const MERCIES: readonly Mercy[] = ["none", "all", "first ones", "some"];

/**
 * One simulated file: what reads see (the page cache), what is surely on disk, and the changes in between, of which a
 * crash keeps whatever it likes, in sectors.
 */
export class SimulatedInode {
  readonly isDirectory = false;
  #seen: Uint8Array = new Uint8Array(0);
  #seenSize = 0;
  #durable: Uint8Array = new Uint8Array(0);
  #changes: Change[] = [];

  get size(): number {
    return this.#seenSize;
  }

  /** The bytes as reads see them: a view. */
  get content(): Uint8Array {
    return this.#seen.subarray(0, this.#seenSize);
  }

  read(into: Uint8Array, at: number, length: number, position: number): number {
    const bytes = Math.max(0, Math.min(length, this.#seenSize - position));
    into.set(this.#seen.subarray(position, position + bytes), at);
    return bytes;
  }

  write(from: Uint8Array, position: number): void {
    const bytes = from.slice();
    this.#changes.push({ bytes, position, isGivenUp: false });
    this.#seen = written(this.#seen, this.#seenSize, bytes, position);
    this.#seenSize = Math.max(this.#seenSize, position + bytes.byteLength);
  }

  truncate(size: number): void {
    this.#changes.push({ bytes: null, position: size, isGivenUp: false });
    const next = new Uint8Array(Math.max(size, this.#seen.byteLength));
    next.set(this.#seen.subarray(0, Math.min(size, this.#seenSize)));
    this.#seen = next;
    this.#seenSize = size;
  }

  sync(): void {
    if (this.#changes.some((change) => change.isGivenUp)) {
      this.#durable = afterChanges(
        this.#durable,
        this.#changes.filter((change) => !change.isGivenUp),
      );
      this.#changes = this.#changes.filter((change) => change.isGivenUp);
      return;
    }
    if (this.#changes.length === 0) return;
    this.#durable = this.content.slice();
    this.#changes = [];
  }

  failSync(): void {
    for (const change of this.#changes) change.isGivenUp = true;
  }

  /** Only clean pages can be forgotten: also those that the kernel holds for clean since a sync failed. */
  dropCached(): void {
    this.#changes = this.#changes.filter((change) => !change.isGivenUp);
    this.#seen = afterChanges(this.#durable, this.#changes).slice();
    this.#seenSize = this.#seen.byteLength;
  }

  /** The file after a power loss: the synced bytes and a random choice of the others. */
  crashed(random: SeededRandom): SimulatedInode {
    const survivor = new SimulatedInode();
    survivor.#durable = afterCrash(this.#durable, this.#changes, random);
    survivor.#seen = survivor.#durable.slice();
    survivor.#seenSize = survivor.#durable.byteLength;
    return survivor;
  }

  /** The file after the process died: the page cache survives, and is still not on disk. */
  killed(): SimulatedInode {
    const survivor = new SimulatedInode();
    survivor.#durable = this.#durable;
    survivor.#changes = this.#changes.map((change) => ({ ...change }));
    survivor.#seen = this.content.slice();
    survivor.#seenSize = this.#seenSize;
    return survivor;
  }
}

/** `bytes` at `position` of a buffer with `size` bytes in use, grown if need be; zeros in a hole. */
function written(buffer: Uint8Array, size: number, bytes: Uint8Array, position: number): Uint8Array {
  const end = position + bytes.byteLength;
  let target = buffer;
  if (end > buffer.byteLength) {
    target = new Uint8Array(Math.max(end, buffer.byteLength * 2));
    target.set(buffer.subarray(0, size));
  } else if (position > size) {
    target.fill(0, size, position);
  }
  target.set(bytes, position);
  return target;
}

function afterChanges(start: Uint8Array, changes: readonly Change[]): Uint8Array {
  let image = start;
  for (const { bytes, position } of changes) image = afterChange(image, bytes, position);
  return image;
}

function afterChange(image: Uint8Array, bytes: Uint8Array | null, position: number): Uint8Array {
  if (bytes === null) {
    const cut = new Uint8Array(position);
    cut.set(image.subarray(0, Math.min(position, image.byteLength)));
    return cut;
  }
  const next = new Uint8Array(Math.max(image.byteLength, position + bytes.byteLength));
  next.set(image);
  next.set(bytes, position);
  return next;
}

function afterCrash(durable: Uint8Array, changes: readonly Change[], random: SeededRandom): Uint8Array {
  const mercy = random.pick(MERCIES);
  const kept = mercy === "first ones" ? random.below(changes.length + 1) : changes.length;
  let image = durable;
  for (const [order, { bytes, position }] of changes.entries()) {
    const isLucky =
      mercy === "all" || (mercy === "first ones" ? order < kept : mercy === "some" && !random.oneIn(2));
    if (bytes === null) {
      if (isLucky) image = afterChange(image, null, position);
    } else if (isLucky && mercy !== "some") {
      image = afterChange(image, bytes, position);
    } else if (mercy === "some" || (mercy === "first ones" && order === kept)) {
      image = tornWrite(image, bytes, position, random);
    }
  }
  return image;
}

/** Each sector of the write is there or not; the file may have grown over sectors that are not: then they are zeros. */
function tornWrite(image: Uint8Array, bytes: Uint8Array, position: number, random: SeededRandom): Uint8Array {
  let next = image;
  for (let from = 0; from < bytes.byteLength; ) {
    const sectorEnd = (Math.floor((position + from) / SECTOR_BYTES) + 1) * SECTOR_BYTES - position;
    const end = Math.min(sectorEnd, bytes.byteLength);
    if (random.oneIn(2)) next = afterChange(next, bytes.subarray(from, end), position + from);
    from = end;
  }
  const end = position + bytes.byteLength;
  if (next.byteLength < end && random.oneIn(3)) next = afterChange(next, null, end);
  return next;
}
