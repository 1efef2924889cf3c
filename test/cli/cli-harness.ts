import { EventEmitter } from "node:events";
import { onTestFinished } from "vitest";
import { silentLogger } from "../../src/base/logger.ts";
import type { CliIo, CliStream } from "../../src/cli/cli-io.ts";
import { runCli } from "../../src/cli/program.ts";
import type { Signals } from "../../src/cli/start.ts";
import { listen } from "../../src/net/listener.ts";
import { DEFAULT_NET_LIMITS } from "../../src/net/net-limits.ts";
import { ApiHarness } from "../support/api-harness.ts";

/** A stream that keeps what is written. */
export class KeptStream extends EventEmitter implements CliStream {
  readonly isTTY: boolean;
  readonly columns = 100;
  readonly chunks: Uint8Array[] = [];

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  write(data: string | Uint8Array): boolean {
    this.chunks.push(new Uint8Array(Buffer.from(data)));
    this.emit("written");
    return true;
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }
}

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliRunOptions {
  readonly isTTY?: boolean;
  readonly env?: Record<string, string>;
  readonly stdin?: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;
}

/** The streams of one command. */
export function keptIo({ isTTY = false, env = {}, stdin = [] }: CliRunOptions = {}) {
  const stdout = new KeptStream(isTTY);
  const stderr = new KeptStream(isTTY);
  const io: CliIo = { stdin: Object.assign(bytesOf(stdin), { isTTY }), stdout, stderr, env };
  return { io, stdout, stderr };
}

/** Runs a command line in this process, to its end. */
export async function cli(words: readonly string[], options: CliRunOptions = {}): Promise<CliRun> {
  const { io, stdout, stderr } = keptIo(options);
  const code = await runCli(words, io, noSignals);
  return { code, stdout: stdout.text, stderr: stderr.text };
}

const noSignals: Signals = { on: () => undefined, off: () => undefined, exit: () => undefined };

async function* bytesOf(input: NonNullable<CliRunOptions["stdin"]>): AsyncGenerator<Uint8Array> {
  for await (const part of input) yield typeof part === "string" ? new TextEncoder().encode(part) : part;
}

/** A real listener and real handlers over partitions in memory; `server` is what `-b` takes. */
export function wireBroker(config: Record<string, string> = {}) {
  const api = new ApiHarness({ config });
  const listener = listen({
    hostname: "127.0.0.1",
    port: 0,
    limits: DEFAULT_NET_LIMITS,
    // Metadata answers with the address that the client came by.
    dispatch: (peer, frame, lease) => api.dispatch(peer, frame, lease),
    logger: silentLogger,
  });
  onTestFinished(() => listener.close(0));
  return { api, listener, server: `127.0.0.1:${listener.port}` };
}
