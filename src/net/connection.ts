import { assert } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import { Later, type Receiver } from "../base/later.ts";
import type { CloseLog } from "./close-log.ts";
import { ConnectionDeadlines } from "./connection-deadlines.ts";
import { ConnectionPeer } from "./connection-peer.ts";
import type { Answer, Dispatch, Response } from "./dispatch.ts";
import type { Frame } from "./frame.ts";
import { FrameCutter, FrameError } from "./frame-cutter.ts";
import type { FramePool } from "./frame-pool.ts";
import type { CloseCause, NetCounters } from "./net-counters.ts";
import type { NetLimits } from "./net-limits.ts";
import type { NetSocket } from "./net-socket.ts";
import type { BudgetReader, RequestBudget } from "./request-budget.ts";
import { type Exchange, ResponseQueue } from "./response-queue.ts";
import { FLUSHED, type ResponseWriter } from "./response-writer.ts";
import { SpanFailure } from "./span-sender.ts";
import type { TurnScheduler, TurnTaker } from "./turn-scheduler.ts";

/** What a connection shares with the others of its listener. */
export interface ConnectionContext {
  readonly limits: NetLimits;
  readonly clock: Clock;
  readonly counters: NetCounters;
  readonly dispatch: Dispatch;
  readonly budget: RequestBudget;
  readonly frames: FramePool;
  readonly turns: TurnScheduler;
  readonly writer: ResponseWriter;
  readonly log: CloseLog;
  /** More response bytes wait in memory than `queuedResponseBytesMax`. */
  responseMemoryExceeded(): void;
}

/**
 *     open ──────► draining ──────► lingering ──────► closed
 *       requests     what is in       our FIN is sent,
 *       come in      flight is        what still comes
 *                    answered         in is thrown away
 *
 * Draining begins when the client has sent its FIN or when the listener closes. Anything wrong leads from everywhere
 * straight to closed.
 */
type State = "open" | "draining" | "lingering" | "closed";

/**
 * One client: bytes in, frames to `dispatch`, responses out in request order. Main thread; made when the socket opens,
 * ended by the socket's `close`. Memory is bounded by the limits on requests in flight and on unsent responses: at
 * either, nothing more is dispatched and the socket is paused.
 */
export class Connection implements BudgetReader, TurnTaker {
  readonly peer: ConnectionPeer;
  readonly #socket: NetSocket;
  readonly #context: ConnectionContext;
  readonly #cutter: FrameCutter;
  readonly #responses = new ResponseQueue();
  readonly #deadlines: ConnectionDeadlines;
  #state: State = "open";
  #isPaused = false;
  /** Bun's `drain` will come; until then writing is pointless. */
  #isBlocked = false;
  /** What this connection has put into the listener's gauge. */
  #countedResponseBytes = 0;
  /** Why the connection is ending, as soon as that is known. */
  #cause: CloseCause | null = null;
  #reason = "";

  constructor(connectionId: number, socket: NetSocket, context: ConnectionContext) {
    this.#socket = socket;
    this.#context = context;
    this.peer = new ConnectionPeer(connectionId, socket);
    this.#cutter = new FrameCutter(context.limits.requestBytesMax, context.frames);
    this.#deadlines = new ConnectionDeadlines(context.clock.monotonicMs());
  }

  get heldBytes(): number {
    return this.#cutter.heldBytes;
  }

  /** Since when the client takes nothing of a waiting response; `null`: it does, or none waits. */
  get stalledSinceMs(): number | null {
    return this.#deadlines.stalledSinceMs;
  }

  /** The socket's `open`, once the listener knows the connection. */
  opened(): void {
    this.#updateReading();
  }

  /** The socket's `data`. May still come after a pause. */
  received(chunk: Uint8Array): void {
    this.#context.counters.bytesIn += chunk.byteLength;
    if (this.#state !== "open") return;
    this.#guard(() => {
      this.#deadlines.received(chunk.byteLength, this.#context.clock.monotonicMs());
      this.#cutter.push(chunk);
      this.#context.budget.hold(chunk.byteLength);
      this.#dispatchFrames();
      this.#updateReading();
    });
  }

  /** The socket's `end`: the client sends no more, but may well wait for answers. */
  peerEnded(): void {
    if (this.#state === "open") this.#drain("peer-closed");
  }

  /** The socket's `drain`. Also comes without need, after a resume. */
  writable(): void {
    this.#isBlocked = false;
    this.#context.turns.ask(this);
  }

  /** The socket's `close`, exactly once. */
  closed(failure: Error | undefined): void {
    const cause = this.#cause ?? (failure === undefined ? "peer-closed" : "peer-reset");
    const { counters, budget, turns, log } = this.#context;
    this.#state = "closed";
    this.peer.markClosed();
    turns.forget(this);
    this.#dropHeld();
    budget.leave(this);
    counters.closed[cause]++;
    log.closed(this.peer.toString(), cause, this.#reason || (failure?.message ?? ""));
    this.#guard(() => this.#responses.abandon());
    this.#countResponseBytes();
  }

  /** The listener closes: reads no further, answers what was received whole, and says goodbye. */
  drain(): void {
    if (this.#state === "open") this.#drain("drained");
  }

  /** Closes at once; what the kernel has not sent yet is lost. */
  terminate(cause: CloseCause, reason: string): void {
    if (this.#state === "closed") return;
    this.#cause = cause;
    this.#reason = reason;
    this.#socket.terminate();
  }

  checkDeadlines(nowMs: number): void {
    if (this.#state === "closed") return;
    const isBusy = this.#responses.length > 0;
    const isReading = this.#state === "open" && !this.#isPaused;
    const cause = this.#deadlines.expired(this.#context.limits, isBusy, isReading, nowMs);
    if (cause !== null) this.terminate(cause, "deadline passed");
  }

  readingAllowedChanged(): void {
    this.#updateReading();
  }

  turnMissed(): void {
    this.terminate(
      "request-memory",
      `${this.heldBytes} bytes of a frame held too long while memory is short`,
    );
  }

  takeTurn(bytesMax: number): boolean {
    let hasMore = false;
    this.#guard(() => {
      if (this.#state === "closed" || this.#state === "lingering") return;
      if (!this.#isBlocked) hasMore = this.#send(bytesMax);
      this.#dispatchFrames();
      this.#updateReading();
      this.#finishDrain();
    });
    return hasMore;
  }

  /** A bug of ours must not leave the connection half alive, nor touch another one. */
  #guard(step: () => void): void {
    try {
      step();
    } catch (failure) {
      if (this.#state === "closed") this.#context.log.failed(this.peer.toString(), messageOf(failure));
      else this.terminate("internal-error", messageOf(failure));
    }
  }

  #dispatchFrames(): void {
    let frames = 0;
    while ((this.#state === "open" || this.#state === "draining") && !this.#isSaturated) {
      const heldBefore = this.#cutter.heldBytes;
      const frame = this.#cutter.next();
      if (frame instanceof FrameError) return this.terminate("malformed", frame.reason);
      const cutBytes = heldBefore - this.#cutter.heldBytes;
      if (frame === null) {
        this.#context.budget.drop(cutBytes);
        break;
      }
      frames++;
      this.#context.budget.dispatch(this, cutBytes, frame.bytes.byteLength);
      this.#dispatch(frame);
    }
    this.#deadlines.cut(frames, this.#cutter.heldBytes, this.#context.clock.monotonicMs());
  }

  #dispatch(frame: Frame): void {
    const { counters, dispatch } = this.#context;
    counters.framesIn++;
    const exchange = this.#responses.expect(frame.bytes.byteLength);
    let answer: Answer;
    try {
      answer = dispatch(this.peer, frame.bytes, frame);
    } catch (failure) {
      this.dispatchFailed(exchange, failure);
      return;
    }
    if (answer instanceof Later) {
      answer.deliverTo(new ExchangeReceiver(this, exchange));
    } else if (answer instanceof Promise) {
      answer.then(
        (response) => this.answered(exchange, response),
        (failure) => this.dispatchFailed(exchange, failure),
      );
    } else {
      this.answered(exchange, answer);
    }
  }

  dispatchFailed(exchange: Exchange, failure: unknown): void {
    this.#context.budget.finish(exchange.requestBytes);
    this.terminate("dispatch-failed", messageOf(failure));
  }

  answered(exchange: Exchange, response: Response | null): void {
    const { budget, counters, limits, turns } = this.#context;
    budget.finish(exchange.requestBytes);
    this.#guard(() => {
      if (this.#state === "closed") {
        response?.release?.();
        return;
      }
      this.#responses.settle(exchange, response);
      if (this.#responses.isReady) turns.ask(this);
      this.#countResponseBytes();
      if (counters.queuedResponseBytes > limits.queuedResponseBytesMax)
        this.#context.responseMemoryExceeded();
    });
  }

  /** One bounded turn; true: more could be sent at once. */
  #send(bytesMax: number): boolean {
    const { counters, writer, clock } = this.#context;
    const bytesBefore = counters.bytesOut;
    const flushed = writer.flush(this.#responses, this.#socket, bytesMax);
    this.#countResponseBytes();
    if (flushed instanceof SpanFailure) {
      this.terminate(flushed.isPeerGone ? "peer-reset" : "span-failed", flushed.reason);
      return false;
    }
    this.#isBlocked = flushed === FLUSHED.BLOCKED;
    this.#deadlines.sent(counters.bytesOut - bytesBefore, this.#isBlocked, clock.monotonicMs());
    return flushed === FLUSHED.TURN_ENDED;
  }

  #countResponseBytes(): void {
    const { memoryBytes } = this.#responses;
    this.#context.counters.queuedResponseBytes += memoryBytes - this.#countedResponseBytes;
    this.#countedResponseBytes = memoryBytes;
  }

  /** A limit on requests in flight or on unsent responses is reached: nothing more is dispatched. */
  get #isSaturated(): boolean {
    const { inFlightRequestsMax, inFlightRequestBytesMax, unsentResponseBytesMax } = this.#context.limits;
    const { length, requestBytes, memoryBytes } = this.#responses;
    return (
      length >= inFlightRequestsMax ||
      requestBytes >= inFlightRequestBytesMax ||
      memoryBytes >= unsentResponseBytesMax
    );
  }

  /** Pauses or resumes the socket as the state, the saturation and the shared budget say. */
  #updateReading(): void {
    const { budget, clock, counters } = this.#context;
    if (this.#state === "closed") return;
    const wants = this.#state === "open" && !this.#isSaturated;
    const reads = this.#state === "lingering" || (wants && budget.mayRead(this));
    if (!wants) budget.leave(this);
    else if (!reads) budget.wait(this);
    if (reads !== this.#isPaused) return;
    this.#isPaused = !reads;
    if (reads) {
      this.#deadlines.readingResumed(clock.monotonicMs());
      this.#socket.resume();
    } else {
      counters.pauses++;
      this.#socket.pause();
    }
  }

  #drain(cause: CloseCause): void {
    this.#cause = cause;
    this.#state = "draining";
    this.peer.markClosed();
    this.#context.turns.ask(this);
    this.#updateReading();
  }

  /** Everything is answered: the FIN. Bun closes the socket when the client's has come; unread bytes would make it a
   *  reset that destroys answers on their way, so what still comes is read and thrown away. */
  #finishDrain(): void {
    if (this.#state !== "draining" || this.#responses.length > 0) return;
    this.#state = "lingering";
    this.#dropHeld();
    this.#deadlines.lingerSinceMs = this.#context.clock.monotonicMs();
    this.#socket.shutdown();
    this.#updateReading();
  }

  #dropHeld(): void {
    const held = this.#cutter.heldBytes;
    this.#cutter.clear();
    this.#context.budget.drop(held);
    assert(this.heldBytes === 0, "a cleared cutter holds nothing");
  }
}

/** Brings a connection an answer that came later. */
class ExchangeReceiver implements Receiver<Response | null> {
  readonly #connection: Connection;
  readonly #exchange: Exchange;

  constructor(connection: Connection, exchange: Exchange) {
    this.#connection = connection;
    this.#exchange = exchange;
  }

  resolved(response: Response | null): void {
    this.#connection.answered(this.#exchange, response);
  }

  failed(failure: unknown): void {
    this.#connection.dispatchFailed(this.#exchange, failure);
  }
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
