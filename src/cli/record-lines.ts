/** The longest record that is read from a pipe, in bytes, key included. */
export const LINE_BYTES_MAX = 64 * 1024 * 1024;

const LINE_FEED = 0x0a;

/** A line is longer than {@link LINE_BYTES_MAX}. */
export class LineTooLong extends Error {
  override readonly name = "LineTooLong";
}

/**
 * Cuts a stream of bytes into lines, without their line feeds. A last line without one counts, an empty end does not. The
 * lines are views of the chunks where they can be.
 */
export class LineCutter {
  readonly #held: Uint8Array[] = [];
  #heldBytes = 0;

  /** The lines that `chunk` completes. */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let at = 0;
    for (let end = chunk.indexOf(LINE_FEED, at); end >= 0; end = chunk.indexOf(LINE_FEED, at)) {
      yield this.#complete(chunk.subarray(at, end));
      at = end + 1;
    }
    if (at < chunk.byteLength) this.#hold(chunk.subarray(at));
  }

  /** What is left when the stream has ended. */
  *end(): Generator<Uint8Array> {
    if (this.#heldBytes > 0) yield this.#complete(new Uint8Array(0));
  }

  #complete(tail: Uint8Array): Uint8Array {
    if (this.#held.length === 0) return tail;
    this.#hold(tail);
    const line = new Uint8Array(Buffer.concat(this.#held));
    this.#held.length = 0;
    this.#heldBytes = 0;
    return line;
  }

  #hold(bytes: Uint8Array): void {
    this.#held.push(bytes);
    this.#heldBytes += bytes.byteLength;
    if (this.#heldBytes > LINE_BYTES_MAX) throw new LineTooLong();
  }
}

/** A record as a line says it: key and value around the first delimiter; without one, the value alone. Pure. */
export function recordOfLine(
  line: Uint8Array,
  keyDelimiter: Uint8Array | null,
): { readonly key: Buffer | null; readonly value: Buffer } {
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.byteLength);
  const at = keyDelimiter === null ? -1 : bytes.indexOf(keyDelimiter);
  if (keyDelimiter === null || at < 0) return { key: null, value: bytes };
  return { key: bytes.subarray(0, at), value: bytes.subarray(at + keyDelimiter.byteLength) };
}
