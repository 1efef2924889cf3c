import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogFields, Logger } from "../../src/base/logger.ts";
import type { FileDescriptor } from "../../src/base/units.ts";
import type { Dispatch, Response } from "../../src/net/dispatch.ts";
import { type Listener, type ListenOptions, listen } from "../../src/net/listener.ts";
import { DEFAULT_NET_LIMITS, type NetLimits } from "../../src/net/net-limits.ts";

/** What one test starts; everything ends with it. */
export class NetBed {
  readonly #listeners: Listener[] = [];
  readonly #clients: RawClient[] = [];
  readonly #directories: string[] = [];
  readonly #descriptors: number[] = [];
  readonly log: LogLine[] = [];

  listen(
    dispatch: Dispatch,
    limits: Partial<NetLimits> = {},
    options: Partial<ListenOptions> = {},
  ): Listener {
    const listener = listen({
      hostname: "127.0.0.1",
      port: 0,
      limits: { ...DEFAULT_NET_LIMITS, connectionRatePerAddressMax: 100_000, sweepIntervalMs: 5, ...limits },
      dispatch,
      logger: recordingLogger(this.log),
      ...options,
    });
    this.#listeners.push(listener);
    return listener;
  }

  async connect(listener: Listener, options: { paused?: boolean } = {}): Promise<RawClient> {
    const client = await RawClient.connect(listener.port, options.paused === true);
    this.#clients.push(client);
    return client;
  }

  /** A file with these bytes, open for reading. */
  file(bytes: Uint8Array): FileDescriptor {
    const directory = mkdtempSync(join(tmpdir(), "odradek-net-"));
    this.#directories.push(directory);
    writeFileSync(join(directory, "file"), bytes);
    const fd = openSync(join(directory, "file"), "r+");
    this.#descriptors.push(fd);
    return fd as FileDescriptor;
  }

  async end(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await Promise.all(this.#listeners.map((listener) => listener.close(0)));
    for (const fd of this.#descriptors) closeSync(fd);
    for (const directory of this.#directories) rmSync(directory, { recursive: true });
  }
}

/** A client that knows frames and nothing else. */
export class RawClient {
  readonly socket: net.Socket;
  /** Everything received, in order of arrival. */
  readonly #chunks: Buffer[] = [];
  receivedBytes = 0;
  /** How the server ended it: its FIN, a reset, or not yet. */
  ending: "fin" | "reset" | null = null;
  #changed = Promise.withResolvers<void>();

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.receivedBytes += chunk.byteLength;
      this.#notify();
    });
    socket.on("end", () => this.#end("fin"));
    socket.on("error", () => this.#end("reset"));
    socket.on("close", () => this.#end("reset"));
  }

  static async connect(port: number, isPaused: boolean): Promise<RawClient> {
    const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const client = new RawClient(socket);
    if (isPaused) socket.pause();
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return client;
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** All received bytes. */
  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** The payloads of the first `count` response frames. */
  async frames(count: number): Promise<Buffer[]> {
    for (;;) {
      const frames = framesOf(this.bytes());
      if (frames.length >= count) return frames;
      if (this.ending !== null) throw new Error(`${this.ending} after ${frames.length} of ${count} frames`);
      await this.#changed.promise;
    }
  }

  async received(bytes: number): Promise<void> {
    while (this.receivedBytes < bytes) {
      if (this.ending !== null)
        throw new Error(`${this.ending} after ${this.receivedBytes} of ${bytes} bytes`);
      await this.#changed.promise;
    }
  }

  async ended(): Promise<"fin" | "reset"> {
    while (this.ending === null) await this.#changed.promise;
    return this.ending;
  }

  destroy(): void {
    this.socket.destroy();
  }

  #end(how: "fin" | "reset"): void {
    this.ending ??= how;
    this.#notify();
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly event: string;
  readonly fields: LogFields;
}

function recordingLogger(lines: LogLine[]): Logger {
  const at =
    (level: LogLine["level"]) =>
    (event: string, _message: string, fields: LogFields = {}) => {
      lines.push({ level, event, fields });
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** The payload with its length before it. */
export function frame(payload: Uint8Array | string): Buffer {
  const bytes = Buffer.from(payload);
  const prefix = Buffer.alloc(4);
  prefix.writeInt32BE(bytes.byteLength);
  return Buffer.concat([prefix, bytes]);
}

export function framesOf(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  let at = 0;
  while (at + 4 <= bytes.byteLength) {
    const end = at + 4 + bytes.readInt32BE(at);
    if (end > bytes.byteLength) break;
    frames.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return frames;
}

export function answer(...parts: Response["parts"]): Response {
  return { parts, release: null };
}

export const echo: Dispatch = (_peer, request) => answer(request);

/** Waits for a condition that no event tells of. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Bytes that differ everywhere, made fast. */
export function patternBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed | 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}
