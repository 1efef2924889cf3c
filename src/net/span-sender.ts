import type { FileSpan } from "../base/file-span.ts";
import type { FilePosition } from "../base/units.ts";
import { DiskError, type Files } from "../io/files.ts";
import { errnoCode } from "../io/libc.ts";
import { SENDFILE_CALL_BYTES, sendBeforeFile, sendFile, spanByte } from "../io/sendfile.ts";
import type { NetSocket } from "./net-socket.ts";

/**
 * Puts file bytes into a socket. Called only while nothing that was written before waits in the socket's own buffer and
 * while the socket is open: a closed one's descriptor may already be another connection's.
 */
export interface SpanSender {
  /**
   * Sends at most `lengthMax` bytes of the span from `offset` on. Returns the bytes taken; 0: none, and `drain` will come;
   * a failure when the file cannot give them.
   */
  send(socket: NetSocket, span: FileSpan, offset: number, lengthMax: number): number | SpanFailure;
  /**
   * Sends bytes that a span follows. Returns the bytes taken; fewer than `length`: `drain` will come; negative: the client
   * is gone.
   */
  sendBefore(socket: NetSocket, from: Uint8Array, length: number): number;
}

/** The announced length can no longer be kept: the connection must close. */
export class SpanFailure {
  readonly reason: string;
  /** The client went away: not the file's fault. */
  readonly isPeerGone: boolean;

  constructor(reason: string, isPeerGone: boolean) {
    this.reason = reason;
    this.isPeerGone = isPeerGone;
  }
}

/** sendfile(2): no byte enters the process. */
export class SendfileSpanSender implements SpanSender {
  send(socket: NetSocket, span: FileSpan, offset: number, lengthMax: number): number | SpanFailure {
    const position = (span.position + offset) as FilePosition;
    const sent = sendFile(socket.fd, span.fd, position, Math.min(lengthMax, SENDFILE_CALL_BYTES));
    if (sent > 0) return sent;
    if (sent < 0) return failureOf(-sent);
    // Bun watches for room only when a write of its own has failed. Usually this one does; if room came meanwhile, the
    // byte is sent and counts.
    const byte = spanByte(span.fd, position);
    if (byte === null) return new SpanFailure("the file ended before the span", false);
    const written = socket.write(byte, 0, 1);
    return written < 0 ? PEER_GONE : written;
  }

  sendBefore(socket: NetSocket, from: Uint8Array, length: number): number {
    const sent = sendBeforeFile(socket.fd, from, length);
    if (sent >= length) return sent;
    const before = Math.max(0, sent);
    // Tells a failure, or arms `drain`.
    const written = socket.write(from, before, length - before);
    return written < 0 ? written : before + written;
  }
}

/** Reads and writes: where sendfile is missing or switched off. */
export class ReadingSpanSender implements SpanSender {
  readonly #files: Files;
  readonly #buffer = new Uint8Array(READ_BYTES_MAX);

  constructor(files: Files) {
    this.#files = files;
  }

  send(socket: NetSocket, span: FileSpan, offset: number, lengthMax: number): number | SpanFailure {
    const position = (span.position + offset) as FilePosition;
    try {
      const wanted = Math.min(lengthMax, READ_BYTES_MAX);
      const read = this.#files.read(span.fd, this.#buffer, 0, wanted, position);
      if (read === 0) return new SpanFailure("the file ended before the span", false);
      const written = socket.write(this.#buffer, 0, read);
      return written < 0 ? PEER_GONE : written;
    } catch (failure) {
      if (failure instanceof DiskError) return new SpanFailure(failure.message, false);
      throw failure;
    }
  }

  sendBefore(socket: NetSocket, from: Uint8Array, length: number): number {
    return socket.write(from, 0, length);
  }
}

const READ_BYTES_MAX = 256 * 1024;
export const PEER_GONE = new SpanFailure("the client closed its connection", true);

function failureOf(errno: number): SpanFailure {
  const code = errnoCode(errno);
  if (code === "EPIPE" || code === "ECONNRESET" || code === "ETIMEDOUT") return PEER_GONE;
  if (code === "ENODATA") return new SpanFailure("the file ended before the span", false);
  return new SpanFailure(`sendfile failed with ${code}`, false);
}
