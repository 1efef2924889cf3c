import type { ResponsePart } from "../base/file-span.ts";
import type { Later } from "../base/later.ts";

/** What a handler may know of the connection that a request came by. Main thread. */
export interface Peer {
  readonly connectionId: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The address the client connected to: what Metadata answers with unless `advertised.listeners` is set. */
  readonly localAddress: string;
  readonly localPort: number;
  /**
   * True when the connection has closed, when the client has sent its last byte, and when the listener drains: long
   * polls stop waiting and answer with what they have. An answer is still due; in the last two cases it is sent.
   */
  readonly isClosed: boolean;
  /** `peerClosed` is called once, when `isClosed` becomes true; never if it is true already. */
  whenClosed(listener: CloseListener): void;
  /** Not any more. */
  forgetListener(listener: CloseListener): void;
}

export interface CloseListener {
  /** Throws nothing. */
  peerClosed(): void;
}

/** A response without its length prefix, ready to be sent in the connection's request order. */
export interface Response {
  readonly parts: readonly ResponsePart[];
  /** Called once, when all parts are sent or the connection is gone: unpins files. `null`: nothing to release. */
  readonly release: (() => void) | null;
}

/**
 * Says that nobody will look at a request's frame again, nor at any view of it. Not to release it is always right: the
 * frame then stays as long as anything refers to it. After the release, views have length 0 or show other requests.
 */
export interface FrameLease {
  /** More than once is once. */
  release(): void;
}

/** Of frames whose memory nobody reuses. */
export const UNLIMITED_LEASE: FrameLease = { release() {} };

/**
 * Answers one request frame (header and body, without the length prefix; `frame` may be kept unless the handler itself
 * releases it). `null`: the request has no response (Produce with acks=0). A throw or rejection means that the connection
 * must close: its message is the
 * reason, logged once with the peer. Requests of one connection are dispatched in order and answered in order.
 */
export type Dispatch = (peer: Peer, frame: Uint8Array, lease: FrameLease) => Answer;

/** A response that is there, that a handler works on, or (for long polls, which are many) that comes later. */
export type Answer = Response | null | Promise<Response | null> | Later<Response | null>;
