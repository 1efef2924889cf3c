import { assert } from "../base/assert.ts";
import { NO_OFFSET, type Offset } from "../base/units.ts";

/** Entries kept. Each restart after a crash adds one, retention drops them; beyond this, the oldest are forgotten. */
export const LEADER_EPOCHS_MAX = 4096;

/** No epoch is known: Kafka's UNDEFINED_EPOCH. */
export const NO_EPOCH = -1;

export interface EpochEnd {
  /** The largest epoch at or below the one asked for; {@link NO_EPOCH} if that is unknown. */
  readonly epoch: number;
  /** Where the next epoch starts, or the log's end. */
  readonly endOffset: Offset;
}

interface EpochStart {
  readonly epoch: number;
  startOffset: Offset;
}

/**
 * At which offset each leader epoch began: what a reader or follower compares to learn whether the log was cut behind
 * its back. Both columns increase. Pure; `leader-epoch-file.ts` stores it. Worker thread.
 */
export class LeaderEpochs {
  readonly #starts: EpochStart[] = [];

  get latest(): number {
    return this.#starts.at(-1)?.epoch ?? NO_EPOCH;
  }

  get entries(): readonly Readonly<EpochStart>[] {
    return this.#starts;
  }

  /** An epoch without records is replaced by the next one. */
  assign(epoch: number, startOffset: Offset): void {
    assert(epoch > this.latest, "leader epochs increase");
    while (this.#starts.length > 0 && this.#starts.at(-1)!.startOffset >= startOffset) this.#starts.pop();
    this.#starts.push({ epoch, startOffset });
    if (this.#starts.length > LEADER_EPOCHS_MAX) this.#starts.shift();
  }

  endOffset(epoch: number, logEndOffset: Offset): EpochEnd {
    if (epoch < 0 || epoch > this.latest) return { epoch: NO_EPOCH, endOffset: NO_OFFSET };
    if (epoch === this.latest) return { epoch, endOffset: logEndOffset };
    const next = this.#starts.findIndex((entry) => entry.epoch > epoch);
    const floor = next === 0 ? epoch : this.#starts[next - 1]!.epoch;
    return { epoch: floor, endOffset: this.#starts[next]!.startOffset };
  }

  /** The log ends at `endOffset` now. */
  truncateFromEnd(endOffset: Offset): void {
    while (this.#starts.length > 0 && this.#starts.at(-1)!.startOffset >= endOffset) this.#starts.pop();
  }

  /** The log starts at `startOffset` now: the epoch that holds it starts there. */
  truncateFromStart(startOffset: Offset): void {
    while (this.#starts.length > 1 && this.#starts[1]!.startOffset <= startOffset) this.#starts.shift();
    const first = this.#starts[0];
    if (first !== undefined && first.startOffset < startOffset) first.startOffset = startOffset;
  }
}
