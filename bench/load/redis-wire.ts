const LINE_FEED = 10;
const LINE_BYTES_MAX = 64 * 1024;
const END = 2;
const ARRAY = 42;
const BULK = 36;
const ERROR = 45;
const INTEGER = 58;
const SIMPLE = 43;
/** Holds every id of an entry. */
const TEXT_BYTES_MAX = 64;

/**
 * Reads Redis's replies (RESP2) from a stream and skips what is long: texts and numbers are told one by one, bulk strings
 * longer than `textBytesMax` as "". Throws on an error reply.
 */
export class RedisReader {
  readonly #onItem: (text: string) => void;
  readonly #onReply: () => void;
  readonly #textBytesMax: number;
  /** Items that the reply still lacks. */
  #missing = 0;
  /** Bytes of a long bulk string that are still to come, with its end. */
  #skipping = 0;
  #rest: Buffer = Buffer.alloc(0);

  constructor(onItem: (text: string) => void, onReply: () => void, textBytesMax: number = TEXT_BYTES_MAX) {
    this.#onItem = onItem;
    this.#onReply = onReply;
    this.#textBytesMax = textBytesMax;
  }

  push(chunk: Uint8Array): void {
    const fresh = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const bytes = this.#rest.byteLength === 0 ? fresh : Buffer.concat([this.#rest, fresh]);
    let at = this.#skip(bytes, 0);
    while (this.#skipping === 0 && at < bytes.byteLength) {
      const next = this.#value(bytes, at);
      if (next < 0) break;
      at = next;
    }
    this.#rest = bytes.subarray(at);
  }

  /** Where the next value starts, or -1 when this one is not all there yet. */
  #value(bytes: Buffer, at: number): number {
    const lineEnd = bytes.indexOf(LINE_FEED, at);
    if (lineEnd < 0) {
      if (bytes.byteLength - at > LINE_BYTES_MAX) throw new Error("a line of the server has no end");
      return -1;
    }
    const text = bytes.toString("latin1", at + 1, lineEnd - 1);
    const next = lineEnd + 1;
    if (this.#missing === 0) this.#missing = 1;
    switch (bytes[at]) {
      case ARRAY:
        this.#missing += Math.max(Number(text), 0);
        this.#done();
        return next;
      case BULK:
        return this.#bulk(bytes, next, Number(text));
      case ERROR:
        throw new Error(`Redis answers: ${text}`);
      case INTEGER:
      case SIMPLE:
        this.#onItem(text);
        this.#done();
        return next;
      default:
        throw new Error("this is not Redis's protocol");
    }
  }

  #bulk(bytes: Buffer, at: number, length: number): number {
    if (length > this.#textBytesMax) {
      this.#skipping = length + END;
      return this.#skip(bytes, at);
    }
    const end = at + Math.max(length, 0);
    if (length >= 0 && bytes.byteLength < end + END) return -1;
    this.#onItem(bytes.toString("latin1", at, end));
    this.#done();
    return length >= 0 ? end + END : at;
  }

  #skip(bytes: Buffer, at: number): number {
    if (this.#skipping === 0) return at;
    const skipped = Math.min(this.#skipping, bytes.byteLength - at);
    this.#skipping -= skipped;
    if (this.#skipping === 0) {
      this.#onItem("");
      this.#done();
    }
    return at + skipped;
  }

  #done(): void {
    if (--this.#missing === 0) this.#onReply();
  }
}

/** A command as Redis wants it. */
export function redisCommand(...words: readonly (string | Uint8Array)[]): Buffer {
  const parts: (string | Uint8Array)[] = [`*${words.length}\r\n`];
  for (const word of words) parts.push(`$${Buffer.byteLength(word)}\r\n`, word, "\r\n");
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
}

/** The key of the stream for a partition of a topic. */
export function redisKey(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}
