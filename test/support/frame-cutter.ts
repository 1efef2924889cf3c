import { readInt32 } from "../../src/protocol/big-endian.ts";

/** Cuts a byte stream into frames (int32 length, then that many bytes). Copies only frames that span chunks. */
export class FrameCutter {
  readonly #onFrame: (frame: Uint8Array) => void;
  /** The unfinished frame: with its length prefix, or what there is of it. */
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #needed = LENGTH_BYTES;

  constructor(onFrame: (frame: Uint8Array) => void) {
    this.#onFrame = onFrame;
  }

  /** `chunk` is kept. */
  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    if (this.#bytes < this.#needed) return;
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    let at = 0;
    this.#needed = LENGTH_BYTES;
    while (bytes.byteLength - at >= LENGTH_BYTES) {
      const end = at + LENGTH_BYTES + readInt32(bytes, at);
      if (end > bytes.byteLength) {
        this.#needed = end - at;
        break;
      }
      this.#onFrame(bytes.subarray(at + LENGTH_BYTES, end));
      at = end;
    }
    this.#chunks = at < bytes.byteLength ? [bytes.subarray(at)] : [];
    this.#bytes = bytes.byteLength - at;
  }
}

const LENGTH_BYTES = 4;
