import { basename, dirname } from "node:path";
import type { Files } from "../io/files.ts";
import { BatchReader } from "./batch-reader.ts";
import {
  LEADER_EPOCH_FILE,
  type OffsetFileName,
  offsetFileName,
  PARTITION_METADATA_FILE,
  parseOffsetFileName,
  SUFFIX,
} from "./file-names.ts";
import { inspectBatches } from "./inspect-batches.ts";
import { type Inspection, problem } from "./inspection.ts";
import { parseLeaderEpochs } from "./leader-epoch-file.ts";
import { OFFSET_INDEX_ENTRY_BYTES, OffsetIndex } from "./offset-index.ts";
import { parsePartitionMetadata } from "./partition-metadata.ts";
import { decodeProducerSnapshot } from "./producer-snapshot.ts";
import { readWholeFile } from "./replace-file.ts";
import { TIME_INDEX_ENTRY_BYTES, TimeIndex } from "./time-index.ts";

export type { Inspection } from "./inspection.ts";

/**
 * What is in a file of a partition's directory, for people: batches of a `.log` (and their records), entries of the indexes
 * and of a `.snapshot`, lines of `leader-epoch-checkpoint` and `partition.metadata`. Nothing is changed, and the broker may
 * be running. What is wrong is part of the answer. Any thread. Throws `DiskError`.
 */
export function* inspectFile(
  files: Files,
  path: string,
  options: { readonly records?: boolean } = {},
): Generator<Inspection> {
  const name = basename(path);
  const offsetName = parseOffsetFileName(name);
  if (offsetName?.suffix === SUFFIX.LOG) {
    const fd = files.open(path, "read");
    try {
      yield* inspectBatches(files, fd, offsetName.offset, options.records ?? false);
    } finally {
      files.close(fd);
    }
    return;
  }
  const content = readWholeFile(files, path);
  if (content === null) yield problem("the file is too large for what its name says");
  else if (offsetName !== null) yield* inspectOffsetFile(files, path, offsetName, content);
  else if (name === LEADER_EPOCH_FILE) yield* inspectLeaderEpochs(content);
  else if (name === PARTITION_METADATA_FILE) yield inspectMetadata(content);
  else
    yield problem("the name is not one of a log's files: <20 digits>.log, .index, .timeindex or .snapshot");
}

function* inspectOffsetFile(
  files: Files,
  path: string,
  { suffix, offset }: OffsetFileName,
  content: Uint8Array,
): Generator<Inspection> {
  if (suffix === SUFFIX.SNAPSHOT) return yield* inspectSnapshot(content);
  const entryBytes = suffix === SUFFIX.OFFSET_INDEX ? OFFSET_INDEX_ENTRY_BYTES : TIME_INDEX_ENTRY_BYTES;
  const rest = content.byteLength % entryBytes;
  const whole = content.subarray(0, content.byteLength - rest);
  if (suffix === SUFFIX.OFFSET_INDEX) yield* inspectOffsetIndex(files, path, offset, new OffsetIndex(whole));
  else yield* inspectTimeIndex(offset, new TimeIndex(whole));
  if (rest > 0) yield problem(`${rest} bytes at the end are no whole entry`);
}

/** With the segment beside it, each entry is compared with the batch to which it leads. */
function* inspectOffsetIndex(
  files: Files,
  path: string,
  baseOffset: number,
  index: OffsetIndex,
): Generator<Inspection> {
  const logPath = `${dirname(path)}/${offsetFileName(baseOffset, SUFFIX.LOG)}`;
  const fd = files.exists(logPath) ? files.open(logPath, "read") : null;
  try {
    const reader = new BatchReader(files);
    for (let entry = 0; entry < index.count; entry++) {
      const offset = baseOffset + index.relativeOffset(entry);
      const position = index.position(entry);
      const problems: string[] = [];
      const grows =
        entry === 0 ||
        (index.relativeOffset(entry) > index.relativeOffset(entry - 1) &&
          position > index.position(entry - 1));
      if (!grows) problems.push("it does not come after the entry before");
      if (fd !== null) {
        const size = files.size(fd);
        reader.start(fd, Math.min(Math.max(position, 0), size), size, "lookup");
        if (!reader.next() || reader.baseOffset > offset)
          problems.push("no batch of that offset starts there");
      }
      yield { kind: "offset-index-entry", offset, position, problems };
    }
  } finally {
    if (fd !== null) files.close(fd);
  }
}

function* inspectTimeIndex(baseOffset: number, index: TimeIndex): Generator<Inspection> {
  for (let entry = 0; entry < index.count; entry++) {
    const timestampMs = index.timestampMs(entry);
    const grows =
      entry === 0 ||
      (timestampMs > index.timestampMs(entry - 1) &&
        index.relativeOffset(entry) > index.relativeOffset(entry - 1));
    yield {
      kind: "time-index-entry",
      timestampMs,
      offset: baseOffset + index.relativeOffset(entry),
      problems: grows ? [] : ["it does not come after the entry before"],
    };
  }
}

function* inspectSnapshot(content: Uint8Array): Generator<Inspection> {
  const decoded = decodeProducerSnapshot(content, 0);
  if (!decoded.ok) return yield problem(`the snapshot cannot be used: ${decoded.error}`);
  for (const entry of decoded.value) {
    const { producerId, producerEpoch, lastSequence, lastOffset, lastOffsetDelta, lastTimestampMs } = entry;
    const { coordinatorEpoch, currentTxnFirstOffset } = entry;
    yield {
      kind: "producer",
      producerId,
      producerEpoch,
      lastSequence,
      lastOffset,
      lastOffsetDelta,
      lastTimestampMs,
      coordinatorEpoch,
      currentTxnFirstOffset,
    };
  }
}

function* inspectLeaderEpochs(content: Uint8Array): Generator<Inspection> {
  const parsed = parseLeaderEpochs(content);
  if (!parsed.ok) return yield problem(`the checkpoint cannot be used: ${parsed.error}`);
  for (const { epoch, startOffset } of parsed.value.entries)
    yield { kind: "leader-epoch", epoch, startOffset };
}

function inspectMetadata(content: Uint8Array): Inspection {
  const topicId = parsePartitionMetadata(content);
  return topicId === null ? problem("it does not hold a topic id") : { kind: "topic-id", topicId };
}
