import { assert } from "../base/assert.ts";
import { FileSpan } from "../base/file-span.ts";
import type { FileDescriptor, FilePosition } from "../base/units.ts";
import type { Arena } from "../io/arena.ts";
import type { ArenaMemory } from "../io/arena-memory.ts";
import { ACKS, COMMAND, FETCH_FLAG, TIMESTAMP_LOOKUP } from "../io/partition-messages.ts";
import type { RingConsumer, RingProducer } from "../io/ring.ts";
import type { SpanPins } from "../io/span-pins.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { PlannedSpans } from "./ahead-run.ts";
import type { AppendResult, EpochEnd, FetchIsolation, FetchResult, TimestampResult } from "./types.ts";

/** What a request may touch of the link that carries it. */
export interface RequestPath {
  readonly commands: RingProducer;
  readonly completions: RingConsumer;
  readonly pins: SpanPins;
  readonly arena: Arena;
  /** Its bytes. */
  readonly arenaMemory: ArenaMemory;
}

/**
 * One request to a worker, from the call until its completion. `write` puts the command on the ring, or answers false
 * when there is no room now and it must be tried again; `complete` reads the completion; `fail` settles it without.
 */
export interface LinkRequest {
  readonly isControl: boolean;
  write(path: RequestPath, requestId: number): boolean;
  complete(path: RequestPath, at: number): void;
  fail(errorCode: ErrorCode): void;
}

type Resolve<T> = (value: T) => void;
const NO_BYTES = new Uint8Array(0);

export class AppendRequest implements LinkRequest {
  readonly isControl = false;
  readonly #partitionIndex: number;
  #batch: Uint8Array;
  readonly #acks: number;
  /** `null`: it was called, and the batch is no longer ours. */
  #onTaken: (() => void) | null;
  readonly #resolve: Resolve<AppendResult>;

  constructor(
    partitionIndex: number,
    batch: Uint8Array,
    acks: "leader" | "all",
    onTaken: () => void,
    resolve: Resolve<AppendResult>,
  ) {
    this.#partitionIndex = partitionIndex;
    this.#batch = batch;
    this.#acks = acks === "all" ? ACKS.ALL : ACKS.LEADER;
    this.#onTaken = onTaken;
    this.#resolve = resolve;
  }

  write(path: RequestPath, requestId: number): boolean {
    const { commands, arena, arenaMemory } = path;
    const arenaAt = arena.reserve(this.#batch.byteLength);
    if (arenaAt < 0) return false;
    const at = commands.claim(COMMAND.APPEND, 32);
    if (at < 0) {
      arena.cancel();
      return false;
    }
    assert(this.#onTaken !== null, "a batch is copied while its bytes are ours");
    arenaMemory.write(arenaAt, this.#batch);
    const i32 = at >> 2;
    commands.i32[i32] = requestId;
    commands.i32[i32 + 1] = this.#partitionIndex;
    commands.i32[i32 + 2] = arenaAt;
    commands.i32[i32 + 3] = this.#batch.byteLength;
    commands.f64[(at >> 3) + 2] = arena.token;
    commands.i32[i32 + 6] = this.#acks;
    this.#letGo();
    return true;
  }

  complete({ completions }: RequestPath, at: number): void {
    const f64 = at >> 3;
    this.#resolve({
      errorCode: completions.i32[(at >> 2) + 1] as ErrorCode,
      baseOffset: completions.f64[f64 + 2]!,
      logAppendTimeMs: completions.f64[f64 + 3]!,
      logStartOffset: completions.f64[f64 + 4]!,
    });
  }

  fail(errorCode: ErrorCode): void {
    this.#letGo();
    this.#resolve({ errorCode, baseOffset: -1, logAppendTimeMs: -1, logStartOffset: -1 });
  }

  /** Nothing below may look at the batch again: its memory is the next request's. */
  #letGo(): void {
    const onTaken = this.#onTaken;
    this.#onTaken = null;
    this.#batch = NO_BYTES;
    onTaken?.();
  }
}

/** Where in which open file the answer to a fetch stands. */
export interface AnsweredSpan {
  readonly slot: number;
  readonly position: number;
  readonly length: number;
  /** More lies behind it below the watermark. */
  readonly isCutShort: boolean;
}

export class FetchRequest implements LinkRequest {
  readonly isControl = false;
  readonly #partitionIndex: number;
  readonly #offset: number;
  readonly #bytesMax: number;
  readonly #flags: number;
  readonly #resolve: Resolve<FetchResult>;
  readonly #onSpan: (span: AnsweredSpan) => void;

  /** `onSpan` is called before `resolve`, when there is a span. */
  constructor(
    partitionIndex: number,
    offset: number,
    bytesMax: number,
    minOneBatch: boolean,
    isolation: FetchIsolation,
    resolve: Resolve<FetchResult>,
    onSpan: (span: AnsweredSpan) => void = () => undefined,
  ) {
    this.#partitionIndex = partitionIndex;
    this.#offset = offset;
    this.#bytesMax = bytesMax;
    this.#flags =
      (minOneBatch ? FETCH_FLAG.MIN_ONE_BATCH : 0) |
      (isolation === "last-stable" ? FETCH_FLAG.LAST_STABLE : 0);
    this.#resolve = resolve;
    this.#onSpan = onSpan;
  }

  write({ commands }: RequestPath, requestId: number): boolean {
    const at = commands.claim(COMMAND.FETCH, 24);
    if (at < 0) return false;
    const i32 = at >> 2;
    commands.i32[i32] = requestId;
    commands.i32[i32 + 1] = this.#partitionIndex;
    commands.i32[i32 + 2] = this.#bytesMax;
    commands.i32[i32 + 3] = this.#flags;
    commands.f64[(at >> 3) + 2] = this.#offset;
    return true;
  }

  complete({ completions, pins }: RequestPath, at: number): void {
    const i32 = at >> 2;
    const f64 = at >> 3;
    const errorCode = completions.i32[i32 + 1] as ErrorCode;
    const length = completions.f64[f64 + 3]!;
    if (errorCode !== ErrorCode.NONE || length === 0) {
      this.#resolve({ errorCode, span: null, release: null, isCutShort: false });
      return;
    }
    const slot = completions.i32[i32 + 2]!;
    const fd = completions.i32[i32 + 3]! as FileDescriptor;
    const position = completions.f64[f64 + 2]! as FilePosition;
    const isCutShort = completions.i32[i32 + 8] === 1;
    this.#onSpan({ slot, position, length, isCutShort });
    this.#resolve({
      errorCode,
      span: new FileSpan(fd, position, length),
      release: () => pins.unpin(slot),
      isCutShort,
    });
  }

  fail(errorCode: ErrorCode): void {
    this.#resolve({ errorCode, span: null, release: null, isCutShort: false });
  }
}

/** Asks for the spans that follow the one of a fetch at `offset`; resolves to `null` when there are none to be had. */
export class PlanAheadRequest implements LinkRequest {
  readonly isControl = false;
  readonly #partitionIndex: number;
  readonly #offset: number;
  readonly #bytesMax: number;
  /** The spans' file is pinned once: whoever takes them unpins it. */
  readonly #resolve: (spans: PlannedSpans | null, pins: SpanPins | null) => void;

  constructor(
    partitionIndex: number,
    offset: number,
    bytesMax: number,
    resolve: (spans: PlannedSpans | null, pins: SpanPins | null) => void,
  ) {
    this.#partitionIndex = partitionIndex;
    this.#offset = offset;
    this.#bytesMax = bytesMax;
    this.#resolve = resolve;
  }

  write({ commands }: RequestPath, requestId: number): boolean {
    const at = commands.claim(COMMAND.PLAN_AHEAD, 24);
    if (at < 0) return false;
    const i32 = at >> 2;
    commands.i32[i32] = requestId;
    commands.i32[i32 + 1] = this.#partitionIndex;
    commands.i32[i32 + 2] = this.#bytesMax;
    commands.f64[(at >> 3) + 2] = this.#offset;
    return true;
  }

  complete({ completions: { i32, f64 }, pins }: RequestPath, at: number): void {
    const word = at >> 2;
    const count = i32[word + 6]!;
    if (count === 0) return this.#resolve(null, null);
    const first = f64[(at >> 3) + 2]!;
    const offsets: number[] = [];
    const positions: number[] = [];
    for (let span = 0; span < count; span++) {
      offsets.push(first + i32[word + 10 + 2 * span]!);
      positions.push(i32[word + 11 + 2 * span]!);
    }
    const moreAbove = f64[(at >> 3) + 4]!;
    const fd = i32[word + 3]! as FileDescriptor;
    this.#resolve({ slot: i32[word + 2]!, fd, offsets, positions, end: i32[word + 7]!, moreAbove }, pins);
  }

  fail(): void {
    this.#resolve(null, null);
  }
}

export class TimestampRequest implements LinkRequest {
  readonly isControl = false;
  readonly #partitionIndex: number;
  /** `null`: the largest. */
  readonly #timestampMs: number | null;
  readonly #resolve: Resolve<TimestampResult>;

  constructor(partitionIndex: number, timestampMs: number | null, resolve: Resolve<TimestampResult>) {
    this.#partitionIndex = partitionIndex;
    this.#timestampMs = timestampMs;
    this.#resolve = resolve;
  }

  write({ commands }: RequestPath, requestId: number): boolean {
    const at = commands.claim(COMMAND.TIMESTAMP_LOOKUP, 24);
    if (at < 0) return false;
    const i32 = at >> 2;
    commands.i32[i32] = requestId;
    commands.i32[i32 + 1] = this.#partitionIndex;
    commands.i32[i32 + 2] = this.#timestampMs === null ? TIMESTAMP_LOOKUP.MAX : TIMESTAMP_LOOKUP.AT_OR_AFTER;
    commands.f64[(at >> 3) + 2] = this.#timestampMs ?? -1;
    return true;
  }

  complete({ completions }: RequestPath, at: number): void {
    this.#resolve({
      errorCode: completions.i32[(at >> 2) + 1] as ErrorCode,
      leaderEpoch: completions.i32[(at >> 2) + 2]!,
      offset: completions.f64[(at >> 3) + 2]!,
      timestampMs: completions.f64[(at >> 3) + 3]!,
    });
  }

  fail(errorCode: ErrorCode): void {
    this.#resolve({ errorCode, offset: -1, timestampMs: -1, leaderEpoch: -1 });
  }
}

export class EpochRequest implements LinkRequest {
  readonly isControl = false;
  readonly #partitionIndex: number;
  readonly #epoch: number;
  readonly #resolve: Resolve<EpochEnd>;

  constructor(partitionIndex: number, epoch: number, resolve: Resolve<EpochEnd>) {
    this.#partitionIndex = partitionIndex;
    this.#epoch = epoch;
    this.#resolve = resolve;
  }

  write({ commands }: RequestPath, requestId: number): boolean {
    const at = commands.claim(COMMAND.EPOCH_LOOKUP, 16);
    if (at < 0) return false;
    const i32 = at >> 2;
    commands.i32[i32] = requestId;
    commands.i32[i32 + 1] = this.#partitionIndex;
    commands.i32[i32 + 2] = this.#epoch;
    return true;
  }

  complete({ completions }: RequestPath, at: number): void {
    this.#resolve({
      errorCode: completions.i32[(at >> 2) + 1] as ErrorCode,
      leaderEpoch: completions.i32[(at >> 2) + 2]!,
      endOffset: completions.f64[(at >> 3) + 2]!,
    });
  }

  fail(errorCode: ErrorCode): void {
    this.#resolve({ errorCode, leaderEpoch: -1, endOffset: -1 });
  }
}
