import type { RecordHeader } from "../protocol/records.ts";

/** One thing found in a file of a log, as the offline inspector tells it. `problems` is empty where all is well. */
export type Inspection =
  | InspectedBatch
  | InspectedRecord
  | InspectedOffsetEntry
  | InspectedTimeEntry
  | InspectedProducer
  | InspectedLeaderEpoch
  | InspectedTopicId
  | InspectedProblem;

export interface InspectedBatch {
  readonly kind: "batch";
  /** Bytes from the start of the file. */
  readonly position: number;
  readonly sizeBytes: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly recordsCount: number;
  readonly leaderEpoch: number;
  /** `none`, `gzip`, `snappy`, `lz4`, `zstd`, or the number of an unknown one. */
  readonly codec: string;
  readonly timestampType: "CreateTime" | "LogAppendTime";
  readonly baseTimestampMs: number;
  readonly maxTimestampMs: number;
  /** -1 without an idempotent producer; then epoch and sequence are -1 too. */
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  /** As the header says, unsigned. */
  readonly crc: number;
  readonly isCrcRight: boolean;
  readonly problems: readonly string[];
}

/** Follows its batch. */
export interface InspectedRecord {
  readonly kind: "record";
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}

export interface InspectedOffsetEntry {
  readonly kind: "offset-index-entry";
  /** Last offset of the batch. */
  readonly offset: number;
  readonly position: number;
  readonly problems: readonly string[];
}

export interface InspectedTimeEntry {
  readonly kind: "time-index-entry";
  readonly timestampMs: number;
  readonly offset: number;
  readonly problems: readonly string[];
}

export interface InspectedProducer {
  readonly kind: "producer";
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  readonly lastOffset: number;
  readonly lastOffsetDelta: number;
  readonly lastTimestampMs: number;
  readonly coordinatorEpoch: number;
  readonly currentTxnFirstOffset: number;
}

export interface InspectedLeaderEpoch {
  readonly kind: "leader-epoch";
  readonly epoch: number;
  readonly startOffset: number;
}

export interface InspectedTopicId {
  readonly kind: "topic-id";
  readonly topicId: string;
}

/** About the file as a whole, or what stands behind the last thing that could be read. */
export interface InspectedProblem {
  readonly kind: "problem";
  readonly message: string;
}

export function problem(message: string): InspectedProblem {
  return { kind: "problem", message };
}
