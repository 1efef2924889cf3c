import type { Result } from "../base/result.ts";

/** Ids that no other broker and no earlier run of this one has handed out. */
export interface ProducerIdBlock {
  readonly first: number;
  readonly count: number;
}

/** The part of the metadata store that hands out id blocks, durably. */
export interface ProducerIdBlocks {
  allocateProducerIdBlock(): Promise<Result<ProducerIdBlock, unknown>>;
}

/** Hands out producer ids, one durable block at a time. What is left of a block is lost on restart. Main thread. */
export class ProducerIds {
  readonly #blocks: ProducerIdBlocks;
  #next = 0;
  #end = 0;
  #allocation: Promise<boolean> | null = null;

  constructor(blocks: ProducerIdBlocks) {
    this.#blocks = blocks;
  }

  /** `null`: the metadata store could not give a new block. */
  async next(): Promise<number | null> {
    while (this.#next === this.#end) {
      // Everybody who finds the block used up waits for the same new one.
      this.#allocation ??= this.#allocate();
      if (!(await this.#allocation)) return null;
    }
    return this.#next++;
  }

  async #allocate(): Promise<boolean> {
    try {
      const block = await this.#blocks.allocateProducerIdBlock();
      if (!block.ok) return false;
      this.#next = block.value.first;
      this.#end = block.value.first + block.value.count;
      return true;
    } finally {
      this.#allocation = null;
    }
  }
}
