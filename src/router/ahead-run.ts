import { FileSpan } from "../base/file-span.ts";
import type { FileDescriptor, FilePosition } from "../base/units.ts";
import type { SpanPins } from "../io/span-pins.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { FetchResult } from "./types.ts";

/** The spans that a worker planned ahead for fetches of `bytesMax`. Spans follow one another in one file. */
export interface PlannedSpans {
  readonly slot: number;
  readonly fd: FileDescriptor;
  /** Where each span starts: its first offset and its position in the file. Not empty. */
  readonly offsets: readonly number[];
  readonly positions: readonly number[];
  /** Where the last span ends. */
  readonly end: number;
  /** More lies behind the last span once the high watermark is above this offset. */
  readonly moreAbove: number;
}

/**
 * Planned spans while they may be handed out: holds one pin of their file from the worker's answer until `release`.
 * Main thread.
 */
export class AheadRun {
  readonly bytesMax: number;
  readonly leaderEpoch: number;
  readonly plannedAtMs: number;
  /** Somebody was given a span of the second half: what comes behind was asked for. */
  isContinued = false;
  /** Somebody was given the last span. */
  isUsedUp = false;
  readonly #spans: PlannedSpans;
  readonly #pins: SpanPins;

  constructor(
    spans: PlannedSpans,
    pins: SpanPins,
    bytesMax: number,
    leaderEpoch: number,
    plannedAtMs: number,
  ) {
    this.bytesMax = bytesMax;
    this.leaderEpoch = leaderEpoch;
    this.plannedAtMs = plannedAtMs;
    this.#spans = spans;
    this.#pins = pins;
  }

  get firstOffset(): number {
    return this.#spans.offsets[0]!;
  }

  get lastOffset(): number {
    return this.#spans.offsets.at(-1)!;
  }

  get slot(): number {
    return this.#spans.slot;
  }

  /** The span that starts at `offset`; -1: none does. */
  find(offset: number): number {
    return this.#spans.offsets.indexOf(offset);
  }

  isInSecondHalf(span: number): boolean {
    return span >= this.#spans.offsets.length >> 1;
  }

  length(span: number): number {
    return this.endOf(span) - this.#spans.positions[span]!;
  }

  /** Position in the file. */
  endOf(span: number): number {
    return this.#spans.positions[span + 1] ?? this.#spans.end;
  }

  /** Hands out a span with a pin of its own. */
  result(span: number, highWatermark: number): FetchResult {
    const { slot, fd, positions, moreAbove } = this.#spans;
    const pins = this.#pins;
    const isLast = span === positions.length - 1;
    this.isUsedUp ||= isLast;
    // Open for certain: this run's own pin is on it.
    pins.pin(slot);
    return {
      errorCode: ErrorCode.NONE,
      span: new FileSpan(fd, positions[span]! as FilePosition, this.length(span)),
      release: () => pins.unpin(slot),
      isCutShort: !isLast || highWatermark > moreAbove,
    };
  }

  /** Once. */
  release(): void {
    this.#pins.unpin(this.slot);
  }
}
