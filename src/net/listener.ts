import { type Clock, systemClock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import { filesOfThisPlatform } from "../io/files-of-this-platform.ts";
import { setListenBacklog } from "../io/listen-backlog.ts";
import { sendfileSupported } from "../io/sendfile.ts";
import { CloseLog } from "./close-log.ts";
import { Connection, type ConnectionContext } from "./connection.ts";
import { ConnectionCaps } from "./connection-caps.ts";
import { plainAddress } from "./connection-peer.ts";
import type { Dispatch } from "./dispatch.ts";
import { FramePool } from "./frame-pool.ts";
import { createNetCounters, type NetCounters } from "./net-counters.ts";
import { LISTEN_BACKLOG, type NetLimits } from "./net-limits.ts";
import type { NetSocket } from "./net-socket.ts";
import { RequestBudget } from "./request-budget.ts";
import { ResponseWriter } from "./response-writer.ts";
import { ReadingSpanSender, SendfileSpanSender } from "./span-sender.ts";
import { TurnScheduler } from "./turn-scheduler.ts";

export interface ListenOptions {
  readonly hostname: string;
  /** 0: any free port. */
  readonly port: number;
  readonly limits: NetLimits;
  readonly dispatch: Dispatch;
  readonly logger: Logger;
  /** False: read file spans and write them. Default: what the platform can do. */
  readonly sendfile?: boolean;
  readonly clock?: Clock;
}

/** Opens a port. Throws what Bun throws when it cannot (`EADDRINUSE`, `EACCES`, …). Main thread. */
export function listen(options: ListenOptions): Listener {
  return new Listener(options);
}

/** A socket's data: its connection; `null` for those refused. */
type MaybeConnection = Connection | null;
type Server = Bun.TCPSocketListener<MaybeConnection> & { readonly fd: number };

/**
 * Accepts connections within the limits and ties Bun's socket events to {@link Connection}s. Owns the connections, what
 * they share, and the one timer that watches their deadlines.
 */
export class Listener {
  readonly counters: NetCounters = createNetCounters();
  readonly #clock: Clock;
  readonly #caps: ConnectionCaps;
  readonly #budget: RequestBudget;
  readonly #frames = new FramePool();
  readonly #log: CloseLog;
  readonly #context: ConnectionContext;
  readonly #connections = new Set<Connection>();
  readonly #server: Server;
  readonly #sweeper: ReturnType<typeof setInterval>;
  #lastConnectionId = 0;
  #closing: PromiseWithResolvers<void> | null = null;

  constructor(options: ListenOptions) {
    const { limits } = options;
    const sendsFiles = sendfileSupported && options.sendfile !== false;
    this.#clock = options.clock ?? systemClock;
    this.#caps = new ConnectionCaps(limits);
    this.#budget = new RequestBudget(limits, this.counters, () => this.#readingAllowedChanged());
    this.#log = new CloseLog(options.logger);
    const spans = sendsFiles ? new SendfileSpanSender() : new ReadingSpanSender(filesOfThisPlatform());
    this.#context = {
      limits,
      clock: this.#clock,
      counters: this.counters,
      dispatch: options.dispatch,
      budget: this.#budget,
      frames: this.#frames,
      turns: new TurnScheduler(),
      writer: new ResponseWriter(spans, sendsFiles, this.counters),
      log: this.#log,
      responseMemoryExceeded: () => this.#closeLongestStalled(),
    };
    this.#server = this.#listen(options.hostname, options.port);
    setListenBacklog(this.#server.fd, LISTEN_BACKLOG);
    this.#sweeper = setInterval(() => this.#sweep(), limits.sweepIntervalMs);
  }

  get port(): number {
    return this.#server.port;
  }

  get hostname(): string {
    return this.#server.hostname;
  }

  /**
   * Takes no further connection and no further byte, answers every request that has come in whole, says goodbye, and
   * resolves when all connections are closed; what is left after `graceMs` is cut off. Calling it again returns the
   * same promise.
   */
  close(graceMs: number): Promise<void> {
    if (this.#closing !== null) return this.#closing.promise;
    const cutOff = setTimeout(() => this.#terminateAll(), Math.min(graceMs, TIMER_MS_MAX));
    this.#closing = Promise.withResolvers();
    this.#server.stop(false);
    for (const connection of this.#connections) connection.drain();
    this.#finishClose();
    void this.#closing.promise.then(() => clearTimeout(cutOff));
    return this.#closing.promise;
  }

  #listen(hostname: string, port: number): Server {
    const server = Bun.listen<MaybeConnection>({
      hostname,
      port,
      allowHalfOpen: true,
      data: null,
      socket: {
        open: (socket) => this.#opened(socket as NetSocket<MaybeConnection>),
        data: (socket, chunk) => socket.data?.received(chunk),
        drain: (socket) => socket.data?.writable(),
        end: (socket) => socket.data?.peerEnded(),
        close: (socket, failure) => this.#closed(socket.data, failure),
        error: (socket, failure) => this.#failed(socket, failure),
      },
    });
    return server as Server;
  }

  #opened(socket: NetSocket<MaybeConnection>): void {
    const address = plainAddress(socket.remoteAddress);
    const refusal = this.#caps.admit(address, socket.fd, this.#clock.monotonicMs());
    if (refusal !== null) {
      this.counters.refused[refusal]++;
      this.#log.refused(address, refusal);
      socket.terminate();
      return;
    }
    const connection = new Connection(++this.#lastConnectionId, socket, this.#context);
    socket.data = connection;
    this.#connections.add(connection);
    this.counters.accepted++;
    this.counters.connections++;
    connection.opened();
  }

  #closed(connection: MaybeConnection, failure: Error | undefined): void {
    if (connection === null) return;
    this.#connections.delete(connection);
    this.#caps.release(connection.peer.remoteAddress);
    this.counters.connections--;
    connection.closed(failure);
    this.#finishClose();
  }

  /** Bun comes here with what a handler above threw, and leaves the socket open. */
  #failed(socket: Bun.Socket<MaybeConnection>, failure: Error): void {
    if (socket.data === null) socket.terminate();
    else socket.data.terminate("internal-error", failure.message);
  }

  #sweep(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#budget.sweep(nowMs);
    this.#frames.sweep();
    for (const connection of this.#connections) connection.checkDeadlines(nowMs);
    this.#caps.sweep(nowMs);
    this.#log.sweep();
  }

  #readingAllowedChanged(): void {
    for (const connection of this.#connections) connection.readingAllowedChanged();
  }

  /** Response memory is used up by clients that do not read: the one that has not read for longest goes. */
  #closeLongestStalled(): void {
    let longest: Connection | null = null;
    for (const connection of this.#connections) {
      const sinceMs = connection.stalledSinceMs;
      if (sinceMs !== null && sinceMs < (longest?.stalledSinceMs ?? Number.POSITIVE_INFINITY)) {
        longest = connection;
      }
    }
    longest?.terminate("response-memory", "reads no responses while memory is short");
  }

  #terminateAll(): void {
    for (const connection of this.#connections) connection.terminate("drain-timeout", "shutdown");
  }

  #finishClose(): void {
    if (this.#closing === null || this.#connections.size > 0) return;
    clearInterval(this.#sweeper);
    this.#log.sweep();
    this.#closing.resolve();
  }
}

/** Bun turns longer timers into 1 ms. */
const TIMER_MS_MAX = 2 ** 31 - 1;
