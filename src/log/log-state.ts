import type { Offset } from "../base/units.ts";
import type { TopicConfig } from "../config/topic-config.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { DeferredRemovals } from "./deferred-removals.ts";
import type { LeaderEpochs } from "./leader-epochs.ts";
import type { LogEnvironment } from "./log-environment.ts";
import { failureOf, isPassing, type LogFailure } from "./log-failure.ts";
import type { LogPosition } from "./log-position.ts";
import type { LogSegments } from "./log-segments.ts";
import type { OpenedLog } from "./open-log.ts";
import type { OpenPartition } from "./open-partition.ts";
import type { ProducerStates } from "./producer-states.ts";
import type { SnapshotFiles } from "./snapshot-files.ts";
import { SyncTickets } from "./sync-tickets.ts";

/** Numbers of a log that others may see; always up to date. */
export interface LogFields {
  logStartOffset: number;
  /** Readers see records below it. */
  highWatermark: number;
  lastStableOffset: number;
  endOffset: number;
  /** Everything below is known to be on disk. */
  syncedOffset: number;
  leaderEpoch: number;
  /** Log bytes below the high watermark since the log was opened, which began with the log's size. Only grows. */
  highWatermarkBytes: number;
}

/** What an open log consists of; shared by the parts that act on it. Worker thread. */
export class LogState {
  readonly environment: LogEnvironment;
  /** `<topic>-<partition>`, for people. */
  readonly name: string;
  readonly directory: string;
  readonly segments: LogSegments;
  readonly producers: ProducerStates;
  readonly snapshots: SnapshotFiles;
  readonly epochs: LeaderEpochs;
  readonly tickets: SyncTickets;
  readonly removals = new DeferredRemovals();
  readonly fields: LogFields;
  /** Set once: then the log is offline. */
  failure: LogFailure | null = null;
  areEpochsSaved: boolean;
  /** As `highWatermarkBytes`, for the end of the log. */
  endBytes: number;
  /** Appended since the last producer snapshot was made. */
  bytesSinceSnapshot = 0;
  /** The place of the high watermark. */
  watermark: LogPosition;

  constructor(environment: LogEnvironment, opening: OpenPartition, opened: OpenedLog) {
    const { segments, endOffset, logStartOffset, epochs } = opened;
    const active = segments.active.segment;
    this.environment = environment;
    this.name = `${opening.topic}-${opening.partition}`;
    this.directory = opening.directory;
    this.segments = segments;
    this.producers = opened.producers;
    this.snapshots = opened.snapshots;
    this.epochs = epochs;
    this.tickets = new SyncTickets(environment, opening.directory);
    this.areEpochsSaved = opened.areEpochsSaved;
    this.endBytes = segments.byteLength;
    this.watermark = { offset: endOffset, segment: active, position: active.size };
    this.fields = {
      logStartOffset,
      highWatermark: endOffset,
      lastStableOffset: endOffset,
      endOffset,
      syncedOffset: endOffset,
      leaderEpoch: epochs.latest,
      highWatermarkBytes: this.endBytes,
    };
    if (opened.deleted.length > 0) this.deferRemovals(opened.deleted);
  }

  get config(): TopicConfig {
    return this.segments.config;
  }

  /** The end of the log, with what is not synced yet. */
  get end(): LogPosition {
    const { segment } = this.segments.active;
    return { offset: this.fields.endOffset as Offset, segment, position: segment.size };
  }

  /** The high watermark only grows. Without transactions everything below it is stable. */
  advanceWatermark(to: LogPosition, bytes: number): void {
    if (to.offset <= this.fields.highWatermark) return;
    this.watermark = to;
    this.fields.highWatermark = to.offset;
    this.fields.lastStableOffset = to.offset;
    this.fields.highWatermarkBytes = bytes;
  }

  /** Files that got their `.deleted` name just now. */
  deferRemovals(paths: readonly string[]): void {
    const dueMs = this.environment.clock.monotonicMs() + this.config.fileDeleteDelayMs;
    const change = this.tickets.directoryChanged();
    for (const path of paths) this.removals.add(path, dueMs, change);
  }

  /** What a failed call means to the one who asked. Unless it may pass, the log goes offline. Rethrows bugs. */
  trouble(error: unknown): ErrorCode {
    if (!isPassing(error)) this.goOfflineFor(error);
    return ErrorCode.KAFKA_STORAGE_ERROR;
  }

  /** Rethrows bugs. */
  goOfflineFor(error: unknown): void {
    this.goOffline(failureOf(this.name, error));
  }

  goOffline(failure: LogFailure): void {
    if (this.failure !== null) return;
    this.failure = failure;
    this.environment.logger.error(failure.code, failure.message, { partition: this.name });
  }
}
