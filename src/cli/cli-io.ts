import { once } from "node:events";
import { outputFailed } from "./cli-error.ts";

/** What a command reads and writes: the process's streams, or a test's. */
export interface CliIo {
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };
  readonly stdout: CliStream;
  readonly stderr: CliStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface CliStream extends NodeJS.EventEmitter {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(data: string | Uint8Array): boolean;
}

/** The reader of standard output has gone away, as in `odradek consume … | head`. Not an error: there is nobody to tell. */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}

/**
 * Standard output of a command that writes much: waits while the reader is slow, so that memory stays bounded, and throws
 * {@link OutputClosed} when the reader is gone.
 */
export class DataOutput {
  readonly #stream: CliStream;
  #failure: Error | null = null;

  constructor(stream: CliStream) {
    this.#stream = stream;
    stream.on("error", (error: NodeJS.ErrnoException) => {
      this.#failure = error.code === "EPIPE" ? new OutputClosed() : outputFailed(error);
      stream.emit("drain");
    });
  }

  async write(data: string | Uint8Array): Promise<void> {
    if (this.#failure === null && !this.#stream.write(data)) await once(this.#stream, "drain");
    if (this.#failure !== null) throw this.#failure;
  }
}

/** A line for the person at the terminal; nothing when standard error goes elsewhere. */
export function progress(io: CliIo, line: string): void {
  if (io.stderr.isTTY) io.stderr.write(`${line}\n`);
}

/** Something that the person must know wherever standard error goes. */
export function warn(io: CliIo, line: string): void {
  io.stderr.write(`odradek: ${line}\n`);
}
