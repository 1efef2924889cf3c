import { assert } from "../../src/base/assert.ts";
import type { ApiKey } from "../../src/protocol/api-keys.ts";
import { decodeResponse, encodeRequest } from "../../src/protocol/header.ts";
import type { KnownApi, RequestInputOf, ResponseOf } from "../../src/protocol/messages.ts";
import { FrameCounter } from "./frame-counter.ts";

const CLIENT_ID = "bench";

/** A request with its length in front, as it goes over the wire. */
export function requestFrame<Key extends KnownApi>(
  apiKey: Key,
  version: number,
  request: RequestInputOf<Key>,
): Uint8Array {
  const body = encodeRequest(apiKey, version, 1, CLIENT_ID, request);
  const frame = new Uint8Array(4 + body.byteLength);
  new DataView(frame.buffer).setInt32(0, body.byteLength);
  frame.set(body, 4);
  return frame;
}

/** One connection with one request in flight. */
export class BenchClient implements Disposable {
  readonly #socket: Bun.Socket;
  readonly #frames = new FrameCounter((bytes, at, length) => this.#answered(bytes.subarray(at, at + length)));
  #waiting: { resolve(body: Uint8Array): void; reject(error: Error): void } | null = null;
  #frame: Uint8Array | null = null;
  #written = 0;
  #failure: Error | null = null;

  private constructor(socket: Bun.Socket) {
    this.#socket = socket;
  }

  static async connect(port: number): Promise<BenchClient> {
    const opened: { client?: BenchClient } = {};
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data: (_, chunk) => opened.client!.#frames.push(chunk),
        drain: () => opened.client!.#send(),
        error: (_, error) => opened.client!.#fail(error),
        close: () => opened.client!.#fail(new Error("the broker closed the connection")),
      },
    });
    opened.client = new BenchClient(socket);
    return opened.client;
  }

  /** The answer's body, which starts with the correlation id; valid as long as it is referenced. */
  exchange(frame: Uint8Array): Promise<Uint8Array> {
    assert(this.#waiting === null, "one request at a time");
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const answered = new Promise<Uint8Array>((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    this.#frame = frame;
    this.#written = 0;
    this.#send();
    return answered;
  }

  async ask<Key extends KnownApi & ApiKey>(
    apiKey: Key,
    version: number,
    request: RequestInputOf<Key>,
  ): Promise<ResponseOf<Key>> {
    const body = await this.exchange(requestFrame(apiKey, version, request));
    return decodeResponse(apiKey, version, body).value;
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }

  #send(): void {
    const frame = this.#frame;
    if (frame === null) return;
    this.#written += this.#socket.write(frame, this.#written, frame.byteLength - this.#written);
    if (this.#written === frame.byteLength) this.#frame = null;
  }

  #answered(body: Uint8Array): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve(body);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.reject(error);
  }
}
