import { FrameCounter } from "./frame-counter.ts";
import { IntendedTimes } from "./intended-times.ts";
import { ProduceAnswers, type ProduceFrames } from "./produce-frames.ts";

export interface PacedConnectionOptions {
  readonly port: number;
  readonly topic: string;
  readonly frames: ProduceFrames;
  /** The request that it starts with. */
  readonly first: number;
  readonly onAnswer: (intendedMs: number, nowMs: number) => void;
  readonly onFailure: (error: Error) => void;
}

/** Requests that may wait for their answers; beyond it an overload waits in the timetable. */
const IN_FLIGHT_MAX = 65_536;

/** One connection of an open loop: takes requests whenever they are due, and tells how long each took. */
export class PacedConnection {
  readonly #frames: ProduceFrames;
  readonly #intended = new IntendedTimes(IN_FLIGHT_MAX);
  #socket: Bun.Socket | null = null;
  #next: number;
  /** Requests that are due and not in the range that is being written. */
  #queued = 0;
  /** What is being written of the frames' bytes. */
  #at = 0;
  #end = 0;

  private constructor({ frames, first }: PacedConnectionOptions) {
    this.#frames = frames;
    this.#next = first % frames.count;
  }

  static async open(options: PacedConnectionOptions): Promise<PacedConnection> {
    const connection = new PacedConnection(options);
    const answers = new ProduceAnswers(options.topic);
    const responses = new FrameCounter((bytes, at, length) => {
      answers.check(bytes, at, length);
      options.onAnswer(connection.#intended.shift(), performance.now());
    });
    connection.#socket = await Bun.connect({
      hostname: "127.0.0.1",
      port: options.port,
      socket: {
        data: (_, chunk) => responses.push(chunk),
        drain: () => connection.send(),
        error: (_, error) => options.onFailure(error),
        close: () => options.onFailure(new Error("the broker closed the connection")),
      },
    });
    return connection;
  }

  get descriptor(): number {
    return (this.#socket as Bun.Socket & { readonly fd: number }).fd;
  }

  get isFull(): boolean {
    return this.#intended.free === 0;
  }

  get inFlight(): number {
    return this.#intended.count;
  }

  enqueue(intendedMs: number): void {
    this.#intended.push(intendedMs);
    this.#queued++;
  }

  /** Writes what the socket takes of what is due, by as few calls as can be. */
  send(): void {
    const { bytes, frameBytes, count } = this.#frames;
    for (;;) {
      if (this.#at === this.#end) {
        if (this.#queued === 0) return;
        const taken = Math.min(this.#queued, count - this.#next);
        this.#at = this.#next * frameBytes;
        this.#end = this.#at + taken * frameBytes;
        this.#next = (this.#next + taken) % count;
        this.#queued -= taken;
      }
      this.#at += Math.max(0, this.#socket!.write(bytes, this.#at, this.#end - this.#at));
      if (this.#at < this.#end) return;
    }
  }

  /** Gives up on the answers that have not come. */
  abandon(onAbandoned: (intendedMs: number) => void): void {
    while (this.#intended.count > 0) onAbandoned(this.#intended.shift());
  }
}
