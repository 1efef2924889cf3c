import { assert } from "../../src/base/assert.ts";
import { silentLogger } from "../../src/base/logger.ts";
import type { FileDescriptor, FilePosition } from "../../src/base/units.ts";
import type { TopicConfig } from "../../src/config/topic-config.ts";
import type { Files } from "../../src/io/files.ts";
import { allocateSpanPins, SpanPins } from "../../src/io/span-pins.ts";
import {
  createLogEnvironment,
  type LogEnvironment,
  type LogEnvironmentOptions,
  type OpenPartition,
  PartitionLog,
} from "../../src/log/partition-log.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { encodeRecordBatch, type RecordBatchInput } from "../../src/protocol/record-batch-encoder.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { SimulatedFiles } from "../support/simulated-files.ts";

export const DIRECTORY = "/data/orders-0";
export const TOPIC_ID = "c3RhcnNoYXBlZHNwb29sMQ";

export const CONFIG: TopicConfig = {
  segmentBytes: 1024 * 1024,
  segmentMs: 604_800_000,
  retentionMs: -1,
  retentionBytes: -1,
  indexIntervalBytes: 4096,
  segmentIndexBytes: 10 * 1024 * 1024,
  maxMessageBytes: 1024 * 1024,
  messageTimestampType: "CreateTime",
  messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  messageTimestampAfterMaxMs: 3_600_000,
  fileDeleteDelayMs: 60_000,
  writeCaching: false,
  minInsyncReplicas: 1,
};

/** A disk with an empty `/data`. */
export function emptyDisk(): SimulatedFiles {
  const disk = new SimulatedFiles();
  disk.makeDirectory("/data");
  disk.syncDirectory("/");
  disk.counts.clear();
  return disk;
}

export function environmentOn(
  files: Files,
  clock = new ManualClock(),
  options: Partial<LogEnvironmentOptions> = {},
): LogEnvironment {
  return createLogEnvironment({
    files,
    clock,
    logger: silentLogger,
    pins: new SpanPins(allocateSpanPins(64)),
    openSegmentsMax: 8,
    ...options,
  });
}

export function opening(
  config: Partial<TopicConfig> = {},
  options: Partial<OpenPartition> = {},
): OpenPartition {
  return {
    directory: DIRECTORY,
    topic: "orders",
    partition: 0,
    topicId: TOPIC_ID,
    config: { ...CONFIG, ...config },
    recoveryPoint: null,
    logStartOffset: null,
    wasCleanShutdown: false,
    ...options,
  };
}

export function openLog(environment: LogEnvironment, how: OpenPartition = opening()): PartitionLog {
  const opened = PartitionLog.open(environment, how);
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

/** A batch of `count` records whose values make it about `bytes` long. */
export function batchOf(
  count: number,
  bytes = 100,
  timestamp = 1_700_000_000_000,
  input: Partial<RecordBatchInput> = {},
): Uint8Array {
  const value = new Uint8Array(Math.max(0, Math.floor((bytes - 61) / count) - 8)).fill(count);
  const records = Array.from({ length: count }, () => ({ value, timestamp }));
  return encodeRecordBatch({ records, ...input });
}

/** Appends one batch, which must be taken. Its base offset. */
export function append(log: PartitionLog, batch: Uint8Array): number {
  assert(!log.needsCommitBefore(batch.byteLength), "nothing was staged");
  const outcome = log.stage(batch, 0, batch.byteLength);
  if (outcome.errorCode !== ErrorCode.NONE) throw new Error(`${outcome.errorCode}: ${outcome.message}`);
  const { baseOffset } = outcome;
  const errorCode = log.commit();
  if (errorCode !== ErrorCode.NONE) throw new Error(`commit failed with ${errorCode}`);
  return baseOffset;
}

/** One group commit, here and now. */
export function sync(files: Files, log: PartitionLog): void {
  const ticket = log.beginSync();
  if (ticket === null) return;
  for (const fd of ticket.fds) files.sync(fd);
  for (const directory of ticket.directories) files.syncDirectory(directory);
  log.completeSync(ticket, null);
}

/** What a fetch at `offset` brings: the bytes of its plan. */
export function fetchBytes(
  files: Files,
  log: PartitionLog,
  offset: number,
  bytesMax = 1024 * 1024,
  isolation: "high-watermark" | "log-end" = "high-watermark",
): Uint8Array {
  const plan = log.planFetch(offset, bytesMax, true, isolation);
  if (plan.errorCode !== ErrorCode.NONE) throw new Error(`fetch at ${offset} failed with ${plan.errorCode}`);
  return readSpan(files, plan.fd, plan.position, plan.length);
}

export function readSpan(
  files: Files,
  fd: FileDescriptor,
  position: FilePosition,
  length: number,
): Uint8Array {
  const bytes = new Uint8Array(length);
  const read = files.read(fd, bytes, 0, length, position);
  assert(read === length, "a plan's bytes are in the file");
  return bytes;
}
