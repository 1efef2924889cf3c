import { readSync } from "node:fs";
import { onTestFinished } from "vitest";
import { type Authorizer, allowEverything } from "../../src/api/authorizer.ts";
import { makeDispatch } from "../../src/api/dispatch.ts";
import { makeServices } from "../../src/api/services.ts";
import { FileSpan, type ResponsePart } from "../../src/base/file-span.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { ok, type Result } from "../../src/base/result.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import {
  type CloseListener,
  type Dispatch,
  type Peer,
  type Response,
  UNLIMITED_LEASE,
} from "../../src/net/dispatch.ts";
import { decodeResponse, encodeRequest } from "../../src/protocol/header.ts";
import type { KnownApi, RequestInputOf, ResponseOf } from "../../src/protocol/messages.ts";
import { FakeRouter } from "./fake-router.ts";
import { FakeTopics } from "./fake-topics.ts";
import { settled } from "./settled.ts";

const CORRELATION_ID = 77;
export const CLUSTER_ID = "cluster-of-the-tests";

export interface ApiHarnessOptions {
  /** Kafka's names of broker settings. */
  readonly config?: Record<string, string>;
  readonly authorizer?: Authorizer;
}

/** The whole of `api/` over partitions in memory: frames in, frames out. Cleaned up after each test. */
export class ApiHarness {
  readonly router = new FakeRouter();
  readonly topics: FakeTopics;
  readonly clock = { nowMs: 1_000_000, wallMs: () => Date.now(), monotonicMs: () => this.clock.nowMs };
  readonly peer: Peer;
  readonly dispatch: Dispatch;
  readonly #closeListeners = new Set<CloseListener>();
  nextProducerId = 1000;
  /** What the next allocations of a block of producer ids answer instead of a block. */
  producerIdFailure: Result<never, string> | null = null;

  constructor({ config = {}, authorizer = allowEverything }: ApiHarnessOptions = {}) {
    const loaded = loadConfig({ overrides: config });
    if (!loaded.ok) throw new Error(loaded.error.map(({ message }) => message).join("; "));
    this.topics = new FakeTopics(loaded.value);
    this.peer = {
      connectionId: 1,
      remoteAddress: "127.0.0.1",
      remotePort: 50_000,
      localAddress: "127.0.0.1",
      localPort: 9092,
      isClosed: false,
      whenClosed: (listener) => this.#closeListeners.add(listener),
      forgetListener: (listener) => this.#closeListeners.delete(listener),
    };
    const store = {
      clusterId: CLUSTER_ID,
      allocateProducerIdBlock: async () => {
        if (this.producerIdFailure !== null) return this.producerIdFailure;
        const first = this.nextProducerId;
        this.nextProducerId += 10;
        return ok({ first, count: 10 });
      },
    };
    const { topics, router, clock } = this;
    this.dispatch = makeDispatch(
      makeServices({
        topics,
        router,
        config: loaded.value,
        store,
        clock,
        logger: silentLogger,
        authorizer,
      }),
    );
    onTestFinished(() => topics.close());
  }

  disconnect(): void {
    for (const listener of this.#closeListeners) listener.peerClosed();
  }

  /** One request through dispatch, with its response sent and released as the network layer does it. */
  async call<Key extends KnownApi>(
    apiKey: Key,
    version: number,
    body: RequestInputOf<Key>,
    peer: Partial<Peer> = {},
  ): Promise<ResponseOf<Key>> {
    const response = await this.send(apiKey, version, body, peer);
    if (response === null) throw new Error("the request has no response");
    const bytes = collect(response.parts);
    response.release?.();
    const { correlationId, value } = decodeResponse(apiKey, version, bytes);
    if (correlationId !== CORRELATION_ID) throw new Error(`a response to request ${correlationId}`);
    return value;
  }

  /** The response as dispatch gives it, files still pinned. */
  async send<Key extends KnownApi>(
    apiKey: Key,
    version: number,
    body: RequestInputOf<Key>,
    peer: Partial<Peer> = {},
  ): Promise<Response | null> {
    const frame = encodeRequest(apiKey, version, CORRELATION_ID, "test", body);
    return await settled(this.dispatch({ ...this.peer, ...peer }, frame, UNLIMITED_LEASE));
  }
}

/** The bytes of a response, with the spans read from their files. */
export function collect(parts: readonly ResponsePart[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) => {
      if (!(part instanceof FileSpan)) return part;
      const bytes = Buffer.alloc(part.length);
      readSync(part.fd, bytes, 0, part.length, part.position);
      return bytes;
    }),
  );
}
