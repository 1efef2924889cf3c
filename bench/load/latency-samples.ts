import { assert } from "../../src/base/assert.ts";

/** Latencies of one run, all of them: percentiles are exact. Bounded; what does not fit is counted, not hidden. */
export class LatencySamples {
  #values: Float64Array;
  #count = 0;
  #lost = 0;
  #isSorted = true;

  constructor(samplesMax: number) {
    this.#values = new Float64Array(samplesMax);
  }

  record(milliseconds: number): void {
    if (this.#count === this.#values.length) {
      this.#lost++;
      return;
    }
    this.#values[this.#count++] = milliseconds;
    this.#isSorted = false;
  }

  get count(): number {
    return this.#count;
  }

  /** Samples that did not fit any more. */
  get lost(): number {
    return this.#lost;
  }

  /** Nearest rank: the smallest sample that `percent` of all samples do not exceed. Needs a sample. */
  percentile(percent: number): number {
    assert(this.#count > 0, "a percentile needs a sample");
    assert(percent > 0 && percent <= 100, "a percentile is above 0 and at most 100");
    if (!this.#isSorted) {
      this.#values.subarray(0, this.#count).sort();
      this.#isSorted = true;
    }
    // Without the error of the product, which would make the 999th of 1000 the 1000th.
    const rank = Math.ceil((percent * this.#count) / 100 - 1e-9);
    return this.#values[Math.max(rank, 1) - 1]!;
  }

  summary(): LatencySummary | null {
    if (this.#count === 0) return null;
    return {
      count: this.#count,
      lost: this.#lost,
      p50: this.percentile(50),
      p99: this.percentile(99),
      p999: this.percentile(99.9),
      max: this.percentile(100),
    };
  }

  clear(): void {
    this.#count = 0;
    this.#lost = 0;
    this.#isSorted = true;
  }
}

/** Milliseconds. */
export interface LatencySummary {
  readonly count: number;
  readonly lost: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}
