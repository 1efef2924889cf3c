import { assert } from "../base/assert.ts";
import { COMPLETION } from "../io/partition-messages.ts";
import type { RingProducer } from "../io/ring.ts";
import type { AheadPlan } from "../log/ahead-planner.ts";
import { ErrorCode } from "../protocol/error-codes.ts";

const encoder = new TextEncoder();

/**
 * Writes completions. The ring has room for every request that may be under way (see partition-messages.ts), so a full
 * one is a broken invariant. Nothing is visible before `publish`. Worker thread.
 */
export class Completions {
  readonly #ring: RingProducer;

  constructor(ring: RingProducer) {
    this.#ring = ring;
  }

  appended(
    request: number,
    errorCode: ErrorCode,
    baseOffset: number,
    logAppendTimeMs: number,
    logStartOffset: number,
  ): void {
    const at = this.#claim(COMPLETION.APPENDED, 40, request, errorCode);
    this.#ring.f64[(at >> 3) + 2] = baseOffset;
    this.#ring.f64[(at >> 3) + 3] = logAppendTimeMs;
    this.#ring.f64[(at >> 3) + 4] = logStartOffset;
  }

  fetched(
    request: number,
    errorCode: ErrorCode,
    slot: number,
    fd: number,
    position: number,
    length: number,
    isCutShort: boolean,
  ): void {
    const at = this.#claim(COMPLETION.FETCHED, 40, request, errorCode);
    this.#ring.i32[(at >> 2) + 2] = slot;
    this.#ring.i32[(at >> 2) + 3] = fd;
    this.#ring.f64[(at >> 3) + 2] = position;
    this.#ring.f64[(at >> 3) + 3] = length;
    this.#ring.i32[(at >> 2) + 8] = isCutShort ? 1 : 0;
  }

  nothingAhead(request: number): void {
    const at = this.#claim(COMPLETION.PLANNED_AHEAD, 32, request, ErrorCode.NONE);
    this.#ring.i32[(at >> 2) + 6] = 0;
  }

  plannedAhead(request: number, { count, slot, fd, end, moreAbove, offsets, positions }: AheadPlan): void {
    const at = this.#claim(COMPLETION.PLANNED_AHEAD, 40 + 8 * count, request, ErrorCode.NONE);
    const { i32, f64 } = this.#ring;
    i32[(at >> 2) + 2] = slot;
    i32[(at >> 2) + 3] = fd;
    f64[(at >> 3) + 2] = offsets[0]!;
    i32[(at >> 2) + 6] = count;
    i32[(at >> 2) + 7] = end;
    f64[(at >> 3) + 4] = moreAbove;
    for (let span = 0, word = (at >> 2) + 10; span < count; span++, word += 2) {
      i32[word] = offsets[span]! - offsets[0]!;
      i32[word + 1] = positions[span]!;
    }
  }

  lookedUp(request: number, errorCode: ErrorCode, epoch: number, offset: number, timestampMs: number): void {
    const at = this.#claim(COMPLETION.LOOKED_UP, 32, request, errorCode);
    this.#ring.i32[(at >> 2) + 2] = epoch;
    this.#ring.f64[(at >> 3) + 2] = offset;
    this.#ring.f64[(at >> 3) + 3] = timestampMs;
  }

  /** `message` is cut to fit the control's limit. */
  controlDone(request: number, errorCode: ErrorCode, message: string | null): void {
    const json = encoder.encode(JSON.stringify(message === null ? null : message.slice(0, 1_000)));
    const at = this.#claim(COMPLETION.CONTROL_DONE, 16 + json.byteLength, request, errorCode);
    this.#ring.i32[(at >> 2) + 3] = json.byteLength;
    this.#ring.u8.set(json, at + 16);
  }

  /** The arena is free again up to this token. */
  arenaConsumed(token: number): void {
    const at = this.#claim(COMPLETION.ARENA_CONSUMED, 16, 0, 0 as ErrorCode);
    this.#ring.f64[(at >> 3) + 1] = token;
  }

  watermarkMoved(partitionIndex: number): void {
    this.#claim(COMPLETION.WATERMARK_MOVED, 8, partitionIndex, 0 as ErrorCode);
  }

  publish(): void {
    this.#ring.publish();
  }

  #claim(type: number, bytes: number, first: number, second: number): number {
    const at = this.#ring.claim(type, bytes);
    assert(at >= 0, "the completion ring has room for every request under way");
    this.#ring.i32[at >> 2] = first;
    this.#ring.i32[(at >> 2) + 1] = second;
    return at;
  }
}
