import type { FrameLease } from "./dispatch.ts";

/** Memory that frames lie in, and that can be used again once they are released. */
export interface FrameMemory {
  /** The frame with these bytes is released; called once for each. */
  giveBack(bytes: Uint8Array): void;
}

/** One request frame without its length prefix. Owned by whoever handles the request; main thread. */
export class Frame implements FrameLease {
  readonly bytes: Uint8Array;
  /** `null`: released, or memory that nobody uses again. */
  #memory: FrameMemory | null;

  constructor(bytes: Uint8Array, memory: FrameMemory | null) {
    this.bytes = bytes;
    this.#memory = memory;
  }

  release(): void {
    const memory = this.#memory;
    this.#memory = null;
    memory?.giveBack(this.bytes);
  }
}
