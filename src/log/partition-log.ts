import { assert } from "../base/assert.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { NO_OFFSET } from "../base/units.ts";
import type { TopicConfig } from "../config/topic-config.ts";
import { DiskError } from "../io/files.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { type AheadPlan, AheadPlanner } from "./ahead-planner.ts";
import type { AppendOutcome } from "./append-outcome.ts";
import { Appender } from "./appender.ts";
import { closeCleanly, makeCheckpoint } from "./checkpoint.ts";
import { type ColdRange, type FetchPlan, FetchPlanner } from "./fetch-planner.ts";
import { type EpochEnd, NO_EPOCH } from "./leader-epochs.ts";
import type { LogEnvironment } from "./log-environment.ts";
import { failureOf, type LogFailure, syncFailed } from "./log-failure.ts";
import { type LogFields, LogState } from "./log-state.ts";
import { type MaintenanceResult, maintainLog } from "./maintenance.ts";
import { openLog } from "./open-log.ts";
import type { OpenPartition } from "./open-partition.ts";
import type { SyncTicket } from "./sync-tickets.ts";
import { type FoundTimestamp, TimestampLookup } from "./timestamp-lookup.ts";

export type { AppendOutcome } from "./append-outcome.ts";
export type { ColdRange, FetchPlan } from "./fetch-planner.ts";
export type { EpochEnd } from "./leader-epochs.ts";
export { createLogEnvironment, type LogEnvironment, type LogEnvironmentOptions } from "./log-environment.ts";
export type { LogFailure } from "./log-failure.ts";
export type { LogFields } from "./log-state.ts";
export type { MaintenanceResult } from "./maintenance.ts";
export type { OpenPartition } from "./open-partition.ts";
export type { SyncTicket } from "./sync-tickets.ts";

/** With `write.caching` nobody waits for a sync, so it may gather this much. */
export const WRITE_CACHING_SYNC_BYTES = 64 * 1024 * 1024;

/** Which records a reader may see. */
export type Isolation = "high-watermark" | "last-stable" | "log-end";

/** A record found by its time; offset -1 if there is none. */
export interface TimestampResult {
  readonly errorCode: ErrorCode;
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

/**
 * One partition's log: a state machine without promises. Its worker calls it, one call after the other; it does all its
 * I/O in those calls, except the syncs of the request path, for which it hands out tickets. Disk errors come back as
 * values: a full disk refuses what needs room, anything else takes the log offline (`failure`) until it is opened again.
 */
export class PartitionLog {
  readonly #state: LogState;
  readonly #appender: Appender;
  readonly #planner: FetchPlanner;
  readonly #ahead: AheadPlanner;
  readonly #lookup: TimestampLookup;

  private constructor(state: LogState) {
    this.#state = state;
    this.#appender = new Appender(state);
    this.#planner = new FetchPlanner(state.environment, state.segments);
    this.#ahead = new AheadPlanner(state.environment, state.segments);
    this.#lookup = new TimestampLookup(state.environment, state.segments);
  }

  /** Opens the directory, or creates it; recovers what the last stop left. Blocks as long as that takes. */
  static open(environment: LogEnvironment, opening: OpenPartition): Result<PartitionLog, LogFailure> {
    try {
      const opened = openLog(environment, opening);
      return opened.ok ? ok(new PartitionLog(new LogState(environment, opening, opened.value))) : opened;
    } catch (error) {
      return fail(failureOf(`${opening.topic}-${opening.partition}`, error));
    }
  }

  get directory(): string {
    return this.#state.directory;
  }

  /** Live: the same object for as long as the log is open. */
  get fields(): Readonly<LogFields> {
    return this.#state.fields;
  }

  /** Set once: the log is offline, and everybody gets KAFKA_STORAGE_ERROR. */
  get failure(): LogFailure | null {
    return this.#state.failure;
  }

  /**
   * Whether `commit` has to come before a batch of this length is staged: because the log has to roll in between, or
   * because no more batches fit into one commit. So a commit writes all batches staged since the last one, or none.
   */
  needsCommitBefore(length: number): boolean {
    return this.#appender.needsCommitBefore(length);
  }

  /**
   * Offers the batch at `source[at, at + length)`: checks it and stamps offset, epoch and, if so configured, time in place.
   * The bytes must stay as they are until `commit`. The outcome is overwritten by the next call.
   */
  stage(source: Uint8Array, at: number, length: number): AppendOutcome {
    return this.#appender.stage(source, at, length);
  }

  /** Writes everything staged. On an error none of it is in the log, and the producers may send it again. */
  commit(): ErrorCode {
    return this.#appender.commit();
  }

  /** Whether a sync should begin now: somebody waits for it or, with `write.caching`, enough has gathered. */
  wantsSync(): boolean {
    const { tickets, config, fields, failure, segments } = this.#state;
    if (failure !== null || tickets.isInFlight) return false;
    if (!config.writeCaching) return fields.syncedOffset < fields.endOffset || tickets.isDirectoryDirty;
    const { segment } = segments.active;
    return tickets.hasSealed || segment.size - segment.syncedSize >= WRITE_CACHING_SYNC_BYTES;
  }

  /** Whether a reader at the high watermark waits for a sync; with write.caching a write is enough. */
  get readersWaitForSync(): boolean {
    return !this.#state.config.writeCaching;
  }

  /** Null: nothing to sync, one in flight, or offline. Covers everything committed so far. */
  beginSync(): SyncTicket | null {
    const state = this.#state;
    if (state.failure !== null || state.tickets.isInFlight) return null;
    try {
      const isDue = state.bytesSinceSnapshot >= state.environment.checkpointBytes;
      if (isDue && !this.#appender.hasStaged) makeCheckpoint(state);
    } catch (error) {
      state.trouble(error);
      return null;
    }
    return state.tickets.begin(state.segments.active, state.end.offset, state.endBytes);
  }

  /** `errorCode`: null, or the system's code of the first sync that failed. That is final: it is never tried again. */
  completeSync(ticket: SyncTicket, errorCode: string | null): void {
    const state = this.#state;
    if (errorCode !== null || state.failure !== null) {
      state.tickets.failed(ticket);
      if (errorCode !== null) state.goOffline(syncFailed(state.name, errorCode));
      return;
    }
    try {
      const { end, logBytes, snapshot } = state.tickets.succeeded(ticket);
      state.fields.syncedOffset = end.offset;
      state.advanceWatermark(end, logBytes);
      if (snapshot !== null) state.snapshots.save(snapshot.offset, snapshot.content);
    } catch (error) {
      state.trouble(error);
    }
  }

  /**
   * Which bytes answer a fetch at `offset`: whole batches, except that the last may be cut, from the batch that holds
   * `offset` to `bytesMax`, the end of the segment, or what `isolation` lets be seen. `minOneBatch`: the first batch even if
   * it is larger. The caller pins `plan.slot` before it calls anything else here. Overwritten by the next call.
   */
  planFetch(offset: number, bytesMax: number, minOneBatch: boolean, isolation: Isolation): FetchPlan {
    const { failure, fields, end, watermark } = this.#state;
    if (failure !== null) return this.#planner.empty(ErrorCode.KAFKA_STORAGE_ERROR);
    if (offset < fields.logStartOffset || offset > fields.endOffset) {
      return this.#planner.empty(ErrorCode.OFFSET_OUT_OF_RANGE);
    }
    const limit = isolation === "log-end" ? end : watermark;
    if (offset >= limit.offset) return this.#planner.empty(ErrorCode.NONE);
    try {
      return this.#planner.run(offset, limit, bytesMax, minOneBatch);
    } catch (error) {
      return this.#planner.empty(this.#state.trouble(error));
    }
  }

  /** What of the plan is not in the page cache, or null; sending that would wait for the disk. */
  coldRange(plan: FetchPlan): ColdRange | null {
    assert(plan === this.#planner.plan, "the log that made a plan knows what of it is cold");
    return this.#planner.coldRange();
  }

  /** A read of a {@link coldRange} failed, with the system's code. Returns the code for those who wait for it. */
  readFailed(systemCode: string): ErrorCode {
    return this.#state.trouble(new DiskError(systemCode, "read", this.directory));
  }

  /**
   * The resident spans that follow the one of a fetch at `offset`, for a reader that goes on: what fetches there would
   * bring, for good (see {@link AheadPlanner}). The caller pins `plan.slot` before it calls anything else here.
   */
  planAhead(offset: number, bytesMax: number): AheadPlan {
    const { failure, fields, watermark } = this.#state;
    const { plan } = this.#ahead;
    plan.count = 0;
    if (failure !== null || offset < fields.logStartOffset || offset >= watermark.offset) return plan;
    try {
      return this.#ahead.run(offset, watermark, bytesMax);
    } catch (error) {
      this.#state.trouble(error);
      plan.count = 0;
      return plan;
    }
  }

  /** The first record, below the high watermark, that is not older than `timestampMs`. */
  offsetForTimestamp(timestampMs: number): TimestampResult {
    const { fields, watermark } = this.#state;
    return this.#find(() => this.#lookup.firstAtOrAfter(timestampMs, fields.logStartOffset, watermark));
  }

  /** The first record, below the high watermark, that has the largest timestamp. */
  offsetOfMaxTimestamp(): TimestampResult {
    const { fields, watermark } = this.#state;
    return this.#find(() => this.#lookup.largest(fields.logStartOffset, watermark));
  }

  /** Where the leader epoch `epoch`, or the last one before it, ends. */
  endOffsetForEpoch(epoch: number): EpochEnd {
    return this.#state.epochs.endOffset(epoch, this.#state.end.offset);
  }

  updateConfig(config: TopicConfig): void {
    const state = this.#state;
    state.segments.config = config;
    if (config.writeCaching) state.advanceWatermark(state.end, state.endBytes);
  }

  /** Time-driven work, every few minutes. Everything staged is committed before. */
  maintain(): MaintenanceResult {
    const state = this.#state;
    assert(!this.#appender.hasStaged, "maintenance runs between commits");
    state.environment.handles.sweep();
    if (state.failure !== null) return NO_MAINTENANCE;
    try {
      return maintainLog(state, this.#appender);
    } catch (error) {
      state.trouble(error);
      return NO_MAINTENANCE;
    }
  }

  /**
   * Syncs, brings the index files up to date and leaves a producer snapshot, so that the next open has nothing to read back.
   * Blocks. Everything staged is committed before, and no sync is in flight. An error means: do not mark the stop as clean.
   */
  close(): Result<void, LogFailure> {
    const state = this.#state;
    assert(!this.#appender.hasStaged, "a log is closed between commits");
    if (state.failure === null) {
      try {
        closeCleanly(state);
      } catch (error) {
        state.goOfflineFor(error);
      }
    }
    this.abandon();
    return state.failure === null ? ok(undefined) : fail(state.failure);
  }

  /** Closes the descriptors (those that are being sent from when they are unpinned), and leaves the files as they are. */
  abandon(): void {
    const { tickets, segments, environment } = this.#state;
    tickets.discard();
    for (const segment of segments.all) environment.handles.discard(segment);
  }

  #find(search: () => FoundTimestamp | null): TimestampResult {
    if (this.#state.failure !== null) return { ...NOT_FOUND, errorCode: ErrorCode.KAFKA_STORAGE_ERROR };
    try {
      const found = search();
      if (found === null) return NOT_FOUND;
      const { offset, timestampMs, leaderEpoch } = found;
      return { errorCode: ErrorCode.NONE, offset, timestamp: timestampMs, leaderEpoch };
    } catch (error) {
      return { ...NOT_FOUND, errorCode: this.#state.trouble(error) };
    }
  }
}

const NOT_FOUND: TimestampResult = {
  errorCode: ErrorCode.NONE,
  offset: NO_OFFSET,
  timestamp: -1,
  leaderEpoch: NO_EPOCH,
};

const NO_MAINTENANCE: MaintenanceResult = {
  rolled: false,
  segmentsDeleted: 0,
  filesRemoved: 0,
  producersExpired: 0,
};
