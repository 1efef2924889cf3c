import { assert } from "../../src/base/assert.ts";

/*
 * Buckets, in microseconds. Values below 2 * 128 have one each; of every further power of two there are 128 equal ones:
 *
 *   0 1 2 … 255 | 256 258 … 510 | 512 516 … 1020 | 1024 1032 …
 *     width 1         width 2         width 4         width 8
 *
 * A bucket answers with its middle: at most 1/256 beside the truth, 0.4 %.
 */
const BUCKETS_PER_OCTAVE_BITS = 7;
const BUCKETS_PER_OCTAVE = 1 << BUCKETS_PER_OCTAVE_BITS;
const VALUE_BITS_MAX = 31;
/** 36 minutes; what is longer counts as this. */
const VALUE_MAX = 2 ** VALUE_BITS_MAX - 1;
const BUCKETS = (VALUE_BITS_MAX - BUCKETS_PER_OCTAVE_BITS + 1) * BUCKETS_PER_OCTAVE;

/** What curves show of a distribution, percent. */
const CURVE_PERCENTILES = [0, 10, 25, 50, 75, 90, 95, 98, 99, 99.5, 99.8, 99.9, 99.95, 99.99, 100];

/** Latencies in buckets whose width grows with the value: bounded in size, within 1 % of each value. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  /** Negative ones (clocks have grain) count as 0. */
  record(ms: number): void {
    const microseconds = Math.min(Math.max(Math.round(ms * 1000), 0), VALUE_MAX);
    this.#counts[bucketOf(microseconds)]!++;
    this.#count++;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#maxMs = 0;
  }

  /** Milliseconds that `percent` of the values do not exceed; 0 when there are none. */
  percentileMs(percent: number): number {
    assert(percent >= 0 && percent <= 100, "percentiles go from 0 to 100");
    const rank = Math.max(1, Math.ceil((percent / 100) * this.#count));
    if (rank >= this.#count) return this.#maxMs;
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket]!;
      if (seen >= rank) return Math.min(middleOf(bucket) / 1000, this.#maxMs);
    }
    return this.#maxMs;
  }

  /** Points of (percent, milliseconds); those finer than the number of values are left out. */
  curve(): [percent: number, ms: number][] {
    return CURVE_PERCENTILES.filter(
      (percent) => percent === 100 || (1 - percent / 100) * this.#count >= 1,
    ).map((percent) => [percent, this.percentileMs(percent)]);
  }
}

function bucketOf(value: number): number {
  const octave = Math.max(0, VALUE_BITS_MAX - Math.clz32(value) - BUCKETS_PER_OCTAVE_BITS);
  return octave * BUCKETS_PER_OCTAVE + (value >>> octave);
}

/** Microseconds. */
function middleOf(bucket: number): number {
  const octave = Math.max(0, (bucket >>> BUCKETS_PER_OCTAVE_BITS) - 1);
  const low = (bucket - octave * BUCKETS_PER_OCTAVE) * 2 ** octave;
  return low + (2 ** octave - 1) / 2;
}
