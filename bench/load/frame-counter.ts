/** Cuts small responses out of a stream; copies only what is split between two chunks. */
export class FrameCounter {
  readonly #onFrame: (body: Uint8Array) => void;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(onFrame: (body: Uint8Array) => void) {
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
      const length = int32(bytes, at);
      if (bytes.byteLength - at - 4 < length) break;
      this.#onFrame(bytes.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    this.#rest = bytes.subarray(at);
  }
}

export function int32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
