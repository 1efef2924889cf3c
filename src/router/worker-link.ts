import { assert } from "../base/assert.ts";
import { Arena } from "../io/arena.ts";
import { ArenaMemory } from "../io/arena-memory.ts";
import {
  COMPLETION,
  CONTROLS_IN_FLIGHT_MAX,
  LINK_RING_BYTES,
  PARTITIONS_PER_WORKER_MAX,
  PIN_SLOTS_PER_WORKER,
  REQUESTS_IN_FLIGHT_MAX,
  type WorkerBoot,
} from "../io/partition-messages.ts";
import { PARTITION_STATE_BYTES, PartitionState } from "../io/partition-state.ts";
import { allocateRing, RingConsumer, RingProducer } from "../io/ring.ts";
import { allocateSpanPins, SpanPins } from "../io/span-pins.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { LinkRequest, RequestPath } from "./requests.ts";

/** Requests that may wait for room in one link; beyond it they are refused with REQUEST_TIMED_OUT (retriable). */
export const WAITING_REQUESTS_MAX = 16_384;
/** Completions handled before other work of the main thread gets its turn. */
const COMPLETIONS_PER_TURN = 256;

export interface LinkOptions
  extends Pick<
    WorkerBoot,
    "threadName" | "openSegmentsMax" | "producerIdsMax" | "producerIdExpirationMs" | "maintenanceIntervalMs"
  > {
  readonly arenaBytes: number;
}

/**
 * The main thread's end of one worker: its rings, the arena it fills, the requests under way and those that wait for
 * room. Requests leave in the order they came. A full ring or arena only makes them wait here: connections stop
 * reading when their own requests in flight are too many, so TCP pushes back on the clients.
 */
export class WorkerLink implements RequestPath {
  readonly boot: WorkerBoot;
  readonly commands: RingProducer;
  readonly completions: RingConsumer;
  readonly pins: SpanPins;
  readonly arena: Arena;
  readonly arenaMemory: ArenaMemory;
  /** Called with a partition's index when its watermark moved and someone had asked. */
  readonly #onWatermark: (partitionIndex: number) => void;
  readonly #requests: (LinkRequest | null)[] = new Array(REQUESTS_IN_FLIGHT_MAX).fill(null);
  readonly #freeIds: number[] = Array.from({ length: REQUESTS_IN_FLIGHT_MAX }, (_, id) => id);
  #waiting: LinkRequest[] = [];
  #waitingHead = 0;
  #controlsInFlight = 0;
  #partitions = 0;
  readonly #freeIndexes: number[] = [];
  #open = true;
  #isPublishing = false;

  constructor(options: LinkOptions, onWatermark: (partitionIndex: number) => void) {
    this.arenaMemory = new ArenaMemory(options.arenaBytes);
    this.boot = {
      kind: "boot",
      threadName: options.threadName,
      commands: allocateRing(LINK_RING_BYTES),
      completions: allocateRing(LINK_RING_BYTES),
      arena: this.arenaMemory.handle,
      pins: allocateSpanPins(PIN_SLOTS_PER_WORKER),
      states: new SharedArrayBuffer(PARTITIONS_PER_WORKER_MAX * PARTITION_STATE_BYTES),
      openSegmentsMax: options.openSegmentsMax,
      producerIdsMax: options.producerIdsMax,
      producerIdExpirationMs: options.producerIdExpirationMs,
      maintenanceIntervalMs: options.maintenanceIntervalMs,
    };
    this.commands = new RingProducer(this.boot.commands);
    this.completions = new RingConsumer(this.boot.completions);
    this.pins = new SpanPins(this.boot.pins);
    this.arena = new Arena(options.arenaBytes);
    this.#onWatermark = onWatermark;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  get partitionCount(): number {
    return this.#partitions;
  }

  /** A place for one more partition, or -1: this worker hosts as many as it may. */
  admitPartition(): number {
    const index = this.#freeIndexes.pop() ?? this.#partitions;
    if (index >= PARTITIONS_PER_WORKER_MAX) return -1;
    this.#partitions++;
    return index;
  }

  dismissPartition(index: number): void {
    this.#partitions--;
    this.#freeIndexes.push(index);
  }

  stateOf(index: number): PartitionState {
    return new PartitionState(this.boot.states, index * PARTITION_STATE_BYTES);
  }

  submit(request: LinkRequest): void {
    if (!this.#open) return request.fail(ErrorCode.KAFKA_STORAGE_ERROR);
    if (this.#waitingHead === this.#waiting.length && this.#send(request)) return this.#publishSoon();
    if (this.#waiting.length - this.#waitingHead >= WAITING_REQUESTS_MAX) {
      return request.fail(ErrorCode.REQUEST_TIMED_OUT);
    }
    this.#waiting.push(request);
  }

  /** Handles completions until `close`; each turn is bounded. Runs for the life of the link. */
  async run(): Promise<void> {
    while (this.#open) {
      const handled = this.completions.poll(this.#complete, COMPLETIONS_PER_TURN);
      if (handled > 0) this.#sendWaiting();
      if (handled === COMPLETIONS_PER_TURN) {
        await new Promise<void>((resolve) => setImmediate(resolve));
        continue;
      }
      const doorbell = this.completions.armDoorbell();
      if (doorbell !== null) await doorbell;
    }
  }

  /** The worker is gone: every request under way or waiting fails with KAFKA_STORAGE_ERROR. */
  close(): void {
    if (!this.#open) return;
    // What it had answered still counts: a span that it had pinned would stay pinned for ever.
    this.completions.poll(this.#complete, Number.POSITIVE_INFINITY);
    this.#open = false;
    for (const [id, request] of this.#requests.entries()) {
      this.#requests[id] = null;
      request?.fail(ErrorCode.KAFKA_STORAGE_ERROR);
    }
    for (const request of this.#waiting.slice(this.#waitingHead)) request.fail(ErrorCode.KAFKA_STORAGE_ERROR);
    this.#waiting = [];
    this.#waitingHead = 0;
    this.completions.disarmDoorbell();
  }

  #send(request: LinkRequest): boolean {
    if (request.isControl && this.#controlsInFlight >= CONTROLS_IN_FLIGHT_MAX) return false;
    const id = this.#freeIds.pop();
    if (id === undefined) return false;
    if (!request.write(this, id)) {
      this.#freeIds.push(id);
      return false;
    }
    this.#requests[id] = request;
    if (request.isControl) this.#controlsInFlight++;
    return true;
  }

  #sendWaiting(): void {
    let sent = false;
    while (this.#waitingHead < this.#waiting.length && this.#send(this.#waiting[this.#waitingHead]!)) {
      this.#waitingHead++;
      sent = true;
    }
    if (this.#waitingHead === this.#waiting.length) {
      this.#waiting = [];
      this.#waitingHead = 0;
    } else if (this.#waitingHead > 1024) {
      this.#waiting.splice(0, this.#waitingHead);
      this.#waitingHead = 0;
    }
    if (sent) this.#publishSoon();
  }

  /** One publish, and so at most one wake-up, for all requests of this turn of the event loop's callbacks. */
  #publishSoon(): void {
    if (this.#isPublishing) return;
    this.#isPublishing = true;
    queueMicrotask(this.#publish);
  }

  readonly #publish = (): void => {
    this.#isPublishing = false;
    this.commands.publish();
  };

  readonly #complete = (type: number, at: number): void => {
    if (type === COMPLETION.ARENA_CONSUMED)
      return this.arena.releaseThrough(this.completions.f64[(at >> 3) + 1]!);
    const first = this.completions.i32[at >> 2]!;
    if (type === COMPLETION.WATERMARK_MOVED) return this.#onWatermark(first);
    const request = this.#requests[first];
    assert(request, `completion ${type} belongs to a request under way`);
    this.#requests[first] = null;
    this.#freeIds.push(first);
    if (request.isControl) this.#controlsInFlight--;
    request.complete(this, at);
  };
}
