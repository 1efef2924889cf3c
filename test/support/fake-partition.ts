import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FileDescriptor } from "../../src/base/units.ts";
import {
  PARTITION_STATE_BYTES,
  PARTITION_STATUS,
  PartitionState,
  type PartitionStateFields,
} from "../../src/io/partition-state.ts";
import { recordBatch } from "../../src/protocol/record-batch.ts";
import type { PartitionHandle } from "../../src/router/types.ts";

export interface StoredBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly position: number;
  readonly length: number;
  readonly maxTimestamp: number;
}

/** A partition without a worker: batches lie in a real file, so that spans of it can be read like the broker's. */
export class FakePartition implements PartitionHandle {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly state = new PartitionState(new SharedArrayBuffer(PARTITION_STATE_BYTES), 0);
  readonly batches: StoredBatch[] = [];
  readonly fd: FileDescriptor;
  /** Spans handed out and not yet released. */
  pinned = 0;
  /** Whether the high watermark follows each append at once. */
  isSyncing = true;
  readonly #directory: string;
  #fields: PartitionStateFields = {
    logStartOffset: 0,
    highWatermark: 0,
    lastStableOffset: 0,
    endOffset: 0,
    syncedOffset: 0,
    highWatermarkBytes: 0,
    leaderEpoch: 0,
    status: PARTITION_STATUS.ONLINE,
  };
  #bytes = 0;

  constructor(topic: string, topicId: string, partition: number) {
    this.topic = topic;
    this.topicId = topicId;
    this.partition = partition;
    this.#directory = mkdtempSync(join(tmpdir(), "odradek-fake-"));
    this.fd = openSync(join(this.#directory, "log"), "w+") as FileDescriptor;
    this.publish({});
  }

  get fields(): Readonly<PartitionStateFields> {
    return this.#fields;
  }

  /** Changes and publishes the state. */
  publish(changes: Partial<PartitionStateFields>): void {
    this.#fields = { ...this.#fields, ...changes };
    this.state.publish(this.#fields);
  }

  append(batch: Uint8Array): StoredBatch {
    const baseOffset = this.#fields.endOffset;
    const stored = batch.slice();
    recordBatch.setBaseOffset(stored, 0, baseOffset);
    recordBatch.setLeaderEpoch(stored, 0, this.#fields.leaderEpoch);
    writeSync(this.fd, stored, 0, stored.byteLength, this.#bytes);
    const entry = {
      baseOffset,
      lastOffset: baseOffset + recordBatch.lastOffsetDelta(stored, 0),
      position: this.#bytes,
      length: stored.byteLength,
      maxTimestamp: recordBatch.maxTimestamp(stored, 0),
    };
    this.batches.push(entry);
    this.#bytes += stored.byteLength;
    this.publish({ endOffset: entry.lastOffset + 1 });
    if (this.isSyncing) this.sync();
    return entry;
  }

  /** Moves the high watermark to the end. */
  sync(): void {
    const { endOffset } = this.#fields;
    this.publish({
      highWatermark: endOffset,
      lastStableOffset: endOffset,
      syncedOffset: endOffset,
      highWatermarkBytes: this.#bytes,
    });
  }

  close(): void {
    closeSync(this.fd);
    rmSync(this.#directory, { recursive: true });
  }
}
