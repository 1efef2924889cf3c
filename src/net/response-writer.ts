import type { NetCounters } from "./net-counters.ts";
import { JOINED_WRITE_BYTES_MAX } from "./net-limits.ts";
import type { NetSocket } from "./net-socket.ts";
import type { ResponseQueue } from "./response-queue.ts";
import { PEER_GONE, SpanFailure, type SpanSender } from "./span-sender.ts";

/** How a turn of sending ended. */
export const FLUSHED = {
  /** Nothing more is ready. */
  ALL: 0,
  /** The turn's bytes are used up; more is ready. */
  TURN_ENDED: 1,
  /** The socket is full: `drain` will come. */
  BLOCKED: 2,
} as const;
export type Flushed = (typeof FLUSHED)[keyof typeof FLUSHED];

/**
 * Sends ready responses in order: memory parts joined into few system calls, file spans by a {@link SpanSender}. One per
 * listener, main thread; keeps nothing between calls but its scratch buffer, since what the kernel did not take is
 * gathered again from the queue.
 */
export class ResponseWriter {
  readonly #spans: SpanSender;
  readonly #sendsFiles: boolean;
  readonly #counters: NetCounters;
  readonly #joined = new Uint8Array(new ArrayBuffer(JOINED_WRITE_BYTES_MAX));

  constructor(spans: SpanSender, sendsFiles: boolean, counters: NetCounters) {
    this.#spans = spans;
    this.#sendsFiles = sendsFiles;
    this.#counters = counters;
  }

  /** Sends about `bytesMax` bytes, at most one joined write more. The socket is open. */
  flush(queue: ResponseQueue, socket: NetSocket, bytesMax: number): Flushed | SpanFailure {
    let left = bytesMax;
    for (;;) {
      queue.advance(0);
      if (!queue.isReady) return FLUSHED.ALL;
      if (left <= 0) return FLUSHED.TURN_ENDED;
      const place = queue.span();
      if (place === null) {
        const ready = queue.gather(this.#joined);
        const written = queue.spanFollows
          ? this.#spans.sendBefore(socket, this.#joined, ready)
          : socket.write(this.#joined, 0, ready);
        if (written < 0) return PEER_GONE;
        this.#counters.writes++;
        this.#advance(queue, written);
        if (written < ready) return FLUSHED.BLOCKED;
        left -= written;
      } else {
        const { span, offset } = place;
        const sent = this.#spans.send(socket, span, offset, Math.min(left, span.length - offset));
        if (sent instanceof SpanFailure) return sent;
        if (sent === 0) return FLUSHED.BLOCKED;
        if (this.#sendsFiles) this.#counters.bytesBySendfile += sent;
        this.#advance(queue, sent);
        left -= sent;
      }
    }
  }

  #advance(queue: ResponseQueue, bytes: number): void {
    const before = queue.completed;
    queue.advance(bytes);
    this.#counters.bytesOut += bytes;
    this.#counters.responsesOut += queue.completed - before;
  }
}
