import type { FileDescriptor } from "../base/units.ts";
import type { BatchReader } from "./batch-reader.ts";
import type { ProducerStates } from "./producer-states.ts";
import { replayBatch } from "./replay-batch.ts";
import type { SegmentIndex } from "./segment-index.ts";

/** Where a leader epoch was first seen. */
export interface EpochChange {
  readonly epoch: number;
  readonly startOffset: number;
}

/**
 * Reads batches back and believes nothing: checksums, offsets without a hole, leader epochs that do not go back (an
 * older epoch behind a newer one is a leftover of a tail that was cut before). What it believes goes into the index, the
 * producers and the epochs. Carries its state from segment to segment. Worker thread.
 */
export class RecoveryScan {
  readonly producers: ProducerStates;
  readonly epochChanges: EpochChange[] = [];
  /** Offset that the next batch must have. */
  expectedOffset = 0;
  /** Where the last batch believed ends in its segment. */
  goodEnd = 0;
  readonly #reader: BatchReader;
  readonly #knownOffset: number;
  readonly #intervalBytes: number;
  readonly #nowMs: number;
  #epoch = -1;

  /** `knownOffset`: the producers are those of this offset; batches below it are read for the index only. */
  constructor(
    reader: BatchReader,
    producers: ProducerStates,
    knownOffset: number,
    intervalBytes: number,
    nowMs: number,
  ) {
    this.#reader = reader;
    this.producers = producers;
    this.#knownOffset = knownOffset;
    this.#intervalBytes = intervalBytes;
    this.#nowMs = nowMs;
  }

  /** Reads `[from, size)` of a segment. What is wrong with the first batch not to be believed; null if all are good. */
  run(fd: FileDescriptor, from: number, size: number, index: SegmentIndex): string | null {
    const reader = this.#reader;
    this.goodEnd = from;
    reader.start(fd, from, size, "bodies");
    while (reader.next()) {
      const problem = this.#problemOf(reader);
      if (problem !== null) return problem;
      this.#believe(reader, index);
    }
    return reader.problem;
  }

  #problemOf(reader: BatchReader): string | null {
    if (reader.baseOffset !== this.expectedOffset) {
      return `a batch that says it has offset ${reader.baseOffset}`;
    }
    if (reader.leaderEpoch < this.#epoch) {
      return `a batch of the leader epoch ${reader.leaderEpoch} behind one of ${this.#epoch}`;
    }
    return reader.checksumMatches() ? null : "a batch with a wrong checksum";
  }

  #believe(reader: BatchReader, index: SegmentIndex): void {
    this.expectedOffset = reader.lastOffset + 1;
    this.goodEnd = reader.end;
    index.add(reader.lastOffset, reader.maxTimestampMs, reader.position, reader.length, this.#intervalBytes);
    if (reader.leaderEpoch > this.#epoch) {
      this.#epoch = reader.leaderEpoch;
      this.epochChanges.push({ epoch: reader.leaderEpoch, startOffset: reader.baseOffset });
    }
    if (reader.baseOffset >= this.#knownOffset) replayBatch(this.producers, reader.header, this.#nowMs);
  }
}
