import { PARTITION_STATUS, type PartitionState } from "../io/partition-state.ts";
import type { SpanPins } from "../io/span-pins.ts";
import { AheadRun, type PlannedSpans } from "./ahead-run.ts";
import type { AnsweredSpan } from "./requests.ts";
import type { FetchResult } from "./types.ts";

/** Planned runs of one partition, and so the files that they pin, with those asked for. */
export const AHEAD_RUNS_PER_PARTITION_MAX = 8;
/** A run is let go this long after it was planned: no longer than that does it hold up the end of a deleted file. */
export const AHEAD_MS_MAX = 250;
/** Fetches in a row that start where the one before ended, until the next ones are planned ahead: as kernels do. */
export const SEQUENTIAL_FETCHES_MIN = 2;
/** Ends of spans that are remembered, one for each reader that may be told to be sequential. */
export const RECENT_ENDS_MAX = 64;

/** Asks the worker for the spans behind the one at `offset`; calls back once, with `null` if it gives none. */
export type AskAhead = (
  offset: number,
  bytesMax: number,
  planned: (spans: PlannedSpans | null, pins: SpanPins | null) => void,
) => void;

/**
 * Spares a sequential reader the round trip to the partition's thread: from the request to the first byte of the answer
 * takes half as long. Holds spans that the worker has planned for the offsets to come. They are what fetches there would
 * bring as long as the log start offset is not above them (see `log/ahead-planner.ts`), so readers may share them; a
 * change of the leader epoch or the status drops them all. One per partition; main thread.
 */
export class FetchAhead {
  readonly #ask: AskAhead;
  readonly #nowMs: () => number;
  /** In the order in which they were planned. */
  #runs: AheadRun[] = [];
  /** The limits of the fetches for which a worker is planning. */
  #asked: number[] = [];
  /** Counts `clear`: what was asked for before is not taken any more. */
  #generation = 0;
  #expiry: ReturnType<typeof setTimeout> | null = null;
  readonly #ends = new RecentEnds();

  constructor(ask: AskAhead, nowMs: () => number = () => performance.now()) {
    this.#ask = ask;
    this.#nowMs = nowMs;
  }

  /** Runs held, each with one pin. */
  get runCount(): number {
    return this.#runs.length;
  }

  /** The answer to a fetch, if it was planned and still holds; `null`: ask the worker. */
  take(state: PartitionState, offset: number, bytesMax: number, minOneBatch: boolean): FetchResult | null {
    if (this.#runs.length === 0) return null;
    this.#dropOutdated(state);
    for (const run of this.#runs) {
      if (run.bytesMax !== bytesMax) continue;
      const span = run.find(offset);
      if (span < 0) continue;
      // One batch beyond the limit: only for who is owed one.
      if (run.length(span) > bytesMax && !minOneBatch) return null;
      this.#ends.moved(run.slot, run.endOf(span), SEQUENTIAL_FETCHES_MIN);
      if (run.isInSecondHalf(span) && !run.isContinued && this.#mayAsk(bytesMax) && !this.#goesOn(run)) {
        run.isContinued = true;
        this.#askBehind(state, run.lastOffset, bytesMax);
      }
      return run.result(span, state.highWatermark());
    }
    return null;
  }

  /** The worker has answered a fetch at `offset` with this span. */
  answered(state: PartitionState, offset: number, bytesMax: number, span: AnsweredSpan): void {
    const inARow = this.#ends.countAt(span.slot, span.position);
    this.#ends.moved(span.slot, span.position + span.length, inARow + 1);
    // At the tail there is nothing to plan; nor behind a span that ends within a batch, but that the worker sees.
    if (inARow < SEQUENTIAL_FETCHES_MIN || !span.isCutShort || !this.#mayAsk(bytesMax)) return;
    this.#askBehind(state, offset, bytesMax);
  }

  /** Lets go of everything, and of what is still asked for when it comes. */
  clear(): void {
    this.#generation++;
    this.#asked = [];
    for (const run of this.#runs) run.release();
    this.#runs = [];
    this.#disarm();
  }

  #askBehind(state: PartitionState, offset: number, bytesMax: number): void {
    const generation = this.#generation;
    // Taken before the worker looks: it cannot have planned for an older epoch than this.
    const leaderEpoch = state.leaderEpoch();
    this.#asked.push(bytesMax);
    this.#ask(offset, bytesMax, (spans, pins) => {
      const isWanted = generation === this.#generation;
      if (isWanted) this.#asked.splice(this.#asked.indexOf(bytesMax), 1);
      if (spans === null || pins === null) return;
      const run = new AheadRun(spans, pins, bytesMax, leaderEpoch, this.#nowMs());
      if (isWanted) this.#add(run);
      else run.release();
    });
  }

  #add(run: AheadRun): void {
    this.#dropWhere((held) => held.bytesMax === run.bytesMax && held.firstOffset === run.firstOffset);
    if (this.#runs.length >= AHEAD_RUNS_PER_PARTITION_MAX) {
      // Room was made sure of, but another reader's run may have come in between.
      const usedUp = this.#runs.findIndex(({ isUsedUp }) => isUsedUp);
      this.#runs.splice(Math.max(usedUp, 0), 1)[0]!.release();
    }
    this.#runs.push(run);
    this.#arm();
  }

  /**
   * Readers beyond the limit do not drive out each other's runs before they are used. And one question at a time: a
   * reader that is faster than the answer would get a second run beside the first, and two more for ever after.
   */
  #mayAsk(bytesMax: number): boolean {
    if (this.#asked.includes(bytesMax)) return false;
    let used = this.#asked.length;
    for (const run of this.#runs) if (!run.isUsedUp) used++;
    return used < AHEAD_RUNS_PER_PARTITION_MAX;
  }

  /** Another run covers this one's end: that one is to be continued. */
  #goesOn(run: AheadRun): boolean {
    return this.#runs.some(
      (other) => other !== run && other.bytesMax === run.bytesMax && other.find(run.lastOffset) >= 0,
    );
  }

  #dropOutdated(state: PartitionState): void {
    if (state.status() !== PARTITION_STATUS.ONLINE) return this.clear();
    const leaderEpoch = state.leaderEpoch();
    const logStartOffset = state.logStartOffset();
    const oldestMs = this.#nowMs() - AHEAD_MS_MAX;
    this.#dropWhere(
      (run) =>
        run.leaderEpoch !== leaderEpoch || run.firstOffset < logStartOffset || run.plannedAtMs <= oldestMs,
    );
  }

  #dropWhere(isDropped: (run: AheadRun) => boolean): void {
    if (!this.#runs.some(isDropped)) return;
    const kept: AheadRun[] = [];
    for (const run of this.#runs) {
      if (isDropped(run)) run.release();
      else kept.push(run);
    }
    this.#runs = kept;
    if (kept.length === 0) this.#disarm();
  }

  #arm(): void {
    if (this.#expiry !== null || this.#runs.length === 0) return;
    const dueMs = this.#runs[0]!.plannedAtMs + AHEAD_MS_MAX - this.#nowMs();
    this.#expiry = setTimeout(() => this.#expire(), Math.max(1, Math.ceil(dueMs)));
    this.#expiry.unref();
  }

  #disarm(): void {
    if (this.#expiry !== null) clearTimeout(this.#expiry);
    this.#expiry = null;
  }

  #expire(): void {
    this.#expiry = null;
    const oldestMs = this.#nowMs() - AHEAD_MS_MAX;
    this.#dropWhere((run) => run.plannedAtMs <= oldestMs);
    this.#arm();
  }
}

/** Where spans ended of late, and how many fetches in a row had led there. */
class RecentEnds {
  readonly #slots = new Int32Array(RECENT_ENDS_MAX).fill(-1);
  readonly #positions = new Float64Array(RECENT_ENDS_MAX);
  readonly #counts = new Int32Array(RECENT_ENDS_MAX);
  #next = 0;

  /** 0: no span is known to have ended here. */
  countAt(slot: number, position: number): number {
    const entry = this.#find(slot, position);
    return entry < 0 ? 0 : this.#counts[entry]!;
  }

  moved(slot: number, end: number, count: number): void {
    let entry = this.#find(slot, end);
    if (entry < 0) {
      entry = this.#next;
      this.#next = (this.#next + 1) % RECENT_ENDS_MAX;
    }
    this.#slots[entry] = slot;
    this.#positions[entry] = end;
    this.#counts[entry] = Math.min(count, SEQUENTIAL_FETCHES_MIN);
  }

  #find(slot: number, position: number): number {
    for (let entry = 0; entry < RECENT_ENDS_MAX; entry++) {
      if (this.#positions[entry] === position && this.#slots[entry] === slot) return entry;
    }
    return -1;
  }
}
