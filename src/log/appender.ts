import { assert } from "../base/assert.ts";
import type { Offset } from "../base/units.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { recordBatch } from "../protocol/record-batch.ts";
import { type AppendOutcome, emptyOutcome } from "./append-outcome.ts";
import { checkBatch, describeRefusal } from "./append-rules.ts";
import { saveLeaderEpochs } from "./leader-epoch-file.ts";
import type { LogState } from "./log-state.ts";
import { sequenceAfter } from "./producer-entry.ts";
import { encodeProducerSnapshot } from "./producer-snapshot.ts";
import { DUPLICATE } from "./producer-states.ts";
import { StagedAppends } from "./staged-appends.ts";

/**
 * The write path: batches are staged one by one, which checks and stamps them where they lie, and committed together,
 * which writes them. Nothing is allocated per batch. Worker thread; owned by one `PartitionLog`.
 */
export class Appender {
  readonly #state: LogState;
  readonly #staged = new StagedAppends();
  readonly #outcome = emptyOutcome();
  /** Offset of the next batch: the log's end and what is staged. */
  #nextOffset: number;

  constructor(state: LogState) {
    this.#state = state;
    this.#nextOffset = state.fields.endOffset;
  }

  get hasStaged(): boolean {
    return this.#staged.count > 0;
  }

  needsCommitBefore(length: number): boolean {
    if (this.#staged.count === 0) return false;
    return (
      this.#staged.isFull || this.#state.segments.isRollDueForSize(length, this.#staged, this.#nextOffset)
    );
  }

  stage(source: Uint8Array, at: number, length: number): AppendOutcome {
    const { failure, config, environment } = this.#state;
    if (failure !== null) return this.#refuse(ErrorCode.KAFKA_STORAGE_ERROR, failure.message);
    const nowMs = environment.clock.wallMs();
    const checked = checkBatch(source, at, length, config, nowMs);
    if (checked !== ErrorCode.NONE) return this.#refuse(checked, describeRefusal(checked, length, config));

    const producerId = recordBatch.producerId(source, at);
    if (producerId >= 0) {
      const verdict = this.#checkProducer(source, at, producerId);
      if (verdict === DUPLICATE) return this.#duplicate(recordBatch.lastOffsetDelta(source, at));
      if (verdict !== ErrorCode.NONE) return this.#refuse(verdict, describeRefusal(verdict, length, config));
    }
    const isLogAppendTime = config.messageTimestampType === "LogAppendTime";
    const maxTimestampMs = isLogAppendTime ? nowMs : recordBatch.maxTimestamp(source, at);
    const problem = this.#makeRoom(length, maxTimestampMs, nowMs);
    if (problem !== null) return this.#refuse(ErrorCode.KAFKA_STORAGE_ERROR, problem);

    const baseOffset = this.#nextOffset;
    const lastOffset = baseOffset + recordBatch.lastOffsetDelta(source, at);
    recordBatch.setBaseOffset(source, at, baseOffset);
    recordBatch.setLeaderEpoch(source, at, this.#state.fields.leaderEpoch);
    if (isLogAppendTime) recordBatch.setLogAppendTime(source, at, nowMs);
    this.#staged.push(source, at, length, lastOffset, maxTimestampMs);
    if (producerId >= 0) this.#stageProducer(source, at, producerId, maxTimestampMs, nowMs);
    this.#nextOffset = lastOffset + 1;
    return this.#accept(baseOffset, lastOffset, isLogAppendTime ? nowMs : -1, false);
  }

  commit(): ErrorCode {
    const staged = this.#staged;
    const state = this.#state;
    if (staged.count === 0) return ErrorCode.NONE;
    if (state.failure !== null) return this.#rollBack();
    const { environment, segments } = state;
    try {
      segments.active.write(environment.files, staged);
    } catch (error) {
      return this.#undo(error);
    }
    const nowMs = environment.clock.wallMs();
    segments.active.written(environment.files, staged, state.config.indexIntervalBytes, nowMs);
    state.producers.commit(nowMs);
    state.fields.endOffset = this.#nextOffset;
    state.endBytes += staged.byteLength;
    state.bytesSinceSnapshot += staged.byteLength;
    staged.clear();
    if (state.config.writeCaching) state.advanceWatermark(state.end, state.endBytes);
    return ErrorCode.NONE;
  }

  /** Seals the active segment, without any sync. Nothing is staged. Throws `DiskError` with nothing changed. */
  roll(nowMs: number): void {
    assert(!this.hasStaged, "a log does not roll over staged batches");
    const state = this.#state;
    const sealed = state.segments.active.segment;
    const offset = this.#nextOffset as Offset;
    const indexFds = state.segments.roll(offset, nowMs);
    state.tickets.rolled(sealed, indexFds, { offset, content: encodeProducerSnapshot(state.producers) });
    state.bytesSinceSnapshot = 0;
  }

  #checkProducer(source: Uint8Array, at: number, producerId: number) {
    const firstSequence = recordBatch.baseSequence(source, at);
    return this.#state.producers.check(
      producerId,
      recordBatch.producerEpoch(source, at),
      firstSequence,
      sequenceAfter(firstSequence, recordBatch.lastOffsetDelta(source, at)),
    );
  }

  #stageProducer(
    source: Uint8Array,
    at: number,
    producerId: number,
    maxTimestampMs: number,
    nowMs: number,
  ): void {
    const firstSequence = recordBatch.baseSequence(source, at);
    this.#state.producers.stage(
      producerId,
      recordBatch.producerEpoch(source, at),
      firstSequence,
      sequenceAfter(firstSequence, recordBatch.lastOffsetDelta(source, at)),
      recordBatch.baseOffset(source, at),
      recordBatch.lastOffset(source, at),
      maxTimestampMs,
      nowMs,
    );
  }

  /** Rolls if it is time, and makes sure that the epoch to be stamped is on disk. What is wrong, or null. */
  #makeRoom(length: number, maxTimestampMs: number, nowMs: number): string | null {
    const state = this.#state;
    const isRollDue =
      state.segments.isRollDueForSize(length, this.#staged, this.#nextOffset) ||
      (!this.hasStaged && state.segments.isRollDueForTime(maxTimestampMs, nowMs));
    if (!isRollDue && state.areEpochsSaved) return null;
    try {
      if (!state.areEpochsSaved) saveLeaderEpochs(state.environment.files, state.directory, state.epochs);
      state.areEpochsSaved = true;
      if (isRollDue) this.roll(nowMs);
      return null;
    } catch (error) {
      state.trouble(error);
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** A write failed: the file gets its old size back. If even that fails, nobody knows what the file holds. */
  #undo(error: unknown): ErrorCode {
    const state = this.#state;
    try {
      state.segments.active.cutBack(state.environment.files);
      state.trouble(error);
    } catch (cutBackError) {
      state.goOfflineFor(cutBackError);
    }
    return this.#rollBack();
  }

  #rollBack(): ErrorCode {
    this.#state.producers.rollBack();
    this.#staged.clear();
    this.#nextOffset = this.#state.fields.endOffset;
    return ErrorCode.KAFKA_STORAGE_ERROR;
  }

  #accept(
    baseOffset: number,
    lastOffset: number,
    logAppendTimeMs: number,
    duplicate: boolean,
  ): AppendOutcome {
    const outcome = this.#outcome;
    outcome.errorCode = ErrorCode.NONE;
    outcome.baseOffset = baseOffset;
    outcome.lastOffset = lastOffset;
    outcome.logAppendTimeMs = logAppendTimeMs;
    outcome.logStartOffset = this.#state.fields.logStartOffset;
    outcome.duplicate = duplicate;
    outcome.message = null;
    return outcome;
  }

  #duplicate(lastOffsetDelta: number): AppendOutcome {
    const { duplicateBaseOffset, duplicateTimestampMs } = this.#state.producers;
    const isLogAppendTime = this.#state.config.messageTimestampType === "LogAppendTime";
    const logAppendTimeMs = isLogAppendTime ? duplicateTimestampMs : -1;
    return this.#accept(duplicateBaseOffset, duplicateBaseOffset + lastOffsetDelta, logAppendTimeMs, true);
  }

  #refuse(errorCode: ErrorCode, message: string): AppendOutcome {
    this.#accept(-1, -1, -1, false);
    this.#outcome.errorCode = errorCode;
    this.#outcome.message = message;
    return this.#outcome;
  }
}
