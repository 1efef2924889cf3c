import { readInt32 } from "../../src/protocol/big-endian.ts";

/** Cuts small responses out of a stream; copies only what is split between two chunks. */
export class FrameCounter {
  readonly #onFrame: (bytes: Uint8Array, at: number, length: number) => void;
  #rest: Uint8Array = new Uint8Array(0);

  /** `onFrame` gets where a frame lies, without its length prefix: no view is made for each. */
  constructor(onFrame: (bytes: Uint8Array, at: number, length: number) => void) {
    this.#onFrame = onFrame;
  }

  push(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.#rest.byteLength > 0) {
      bytes = new Uint8Array(this.#rest.byteLength + chunk.byteLength);
      bytes.set(this.#rest);
      bytes.set(chunk, this.#rest.byteLength);
    }
    let at = 0;
    while (bytes.byteLength - at >= 4) {
      const length = readInt32(bytes, at);
      if (bytes.byteLength - at - 4 < length) break;
      this.#onFrame(bytes, at + 4, length);
      at += 4 + length;
    }
    this.#rest = at === bytes.byteLength ? EMPTY : bytes.subarray(at);
  }
}

const EMPTY = new Uint8Array(0);
