import type { FileDescriptor, FilePosition } from "./units.ts";

/**
 * A range of an open file that can be shipped by `sendfile(2)` without being read. Made by the partition worker that
 * owns the file, which has made the range resident and keeps `fd` open until the response that carries it is released.
 */
export class FileSpan {
  readonly fd: FileDescriptor;
  readonly position: FilePosition;
  /** Bytes. */
  readonly length: number;

  constructor(fd: FileDescriptor, position: FilePosition, length: number) {
    this.fd = fd;
    this.position = position;
    this.length = length;
  }
}

/** One piece of a response: bytes to write, or a span to send. */
export type ResponsePart = Uint8Array | FileSpan;

/** Bytes that a list of parts takes on the wire. */
export function partsByteLength(parts: readonly ResponsePart[]): number {
  let total = 0;
  for (const part of parts) total += part instanceof FileSpan ? part.length : part.byteLength;
  return total;
}
