import type { Later } from "../base/later.ts";
import type { FrameLease, Peer } from "../net/dispatch.ts";
import type { KnownApi, RequestOf, ResponseInputOf } from "../protocol/messages.ts";
import type { Services } from "./services.ts";

/** What an answer is made with. */
export interface AnswerContext {
  readonly services: Services;
  readonly peer: Peer;
  readonly apiVersion: number;
}

/** What a handler knows of a request beside its body. Main thread. */
export interface RequestContext extends AnswerContext {
  /** Of the memory that byte ranges and records of the request are views of. */
  readonly lease: FrameLease;
}

/** A response body, and what to do once it is sent or can no longer be sent (`null`: nothing). */
export interface Reply<Body> {
  readonly body: Body;
  readonly release: (() => void) | null;
}

/** Answers requests of one API. `null`: no response (Produce with acks=0). A throw closes the connection. */
export type Handler<Key extends KnownApi> = (
  request: RequestOf<Key>,
  context: RequestContext,
) => HandlerResult<ResponseInputOf<Key>>;

export type HandlerResult<Body> = Reply<Body> | null | Promise<Reply<Body> | null> | Later<Reply<Body>>;

export function reply<Body>(body: Body, release: (() => void) | null = null): Reply<Body> {
  return { body, release };
}
