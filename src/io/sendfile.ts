import { type Pointer, ptr } from "bun:ffi";
import { constants as fileConstants } from "node:fs";
import { constants } from "node:os";
import { assert } from "../base/assert.ts";
import type { FileDescriptor, FilePosition } from "../base/units.ts";
import { errno, libc } from "./libc.ts";

const { EAGAIN, EINTR, ENODATA, ENOSYS } = constants.errno;
// <sys/socket.h>
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_MORE = 0x8000;
/** <fcntl.h>; `node:fs` does not name it. */
const O_CLOEXEC = 0o2000000;

/** False: read and write instead (no glibc, or a TLS listener, where raw bytes would be plaintext). */
export const sendfileSupported: boolean = libc() !== null;

/**
 * Of one call. With 128 KiB a bare loop was faster on an idle machine (3.1 to 2.3 GB/s, the receiver copies from the
 * processor's cache), but the broker took 0.33 to 0.47 CPU-s/GB for hot fetches where 1 MiB takes 0.24 to 0.36.
 */
export const SENDFILE_CALL_BYTES = 1024 * 1024;

/** sendfile(2) reads the position from here and would store the new one; low and high half of an int64. */
const positionWords = new Uint32Array(new ArrayBuffer(8));
const positionAt: Pointer | null = sendfileSupported ? ptr(positionWords) : null;

const spanByteView = new Uint8Array(new ArrayBuffer(1));
const byteAt: Pointer | null = sendfileSupported ? ptr(spanByteView) : null;

/** This thread's pipe for {@link spanByte}, open as long as the thread lives. */
let pipe: { readonly readFd: number; readonly writeFd: number } | null = null;

/**
 * Sends bytes that the file bytes of the next {@link sendFile} follow: the kernel lets them leave together (MSG_MORE). By
 * themselves they woke the reader for nothing. Returns the bytes sent; 0: none, and nothing will tell when there is room;
 * negative: -errno. Main thread; nothing written before is still waiting in the socket's own buffer.
 */
export function sendBeforeFile(socketFd: number, from: Uint8Array, length: number): number {
  const native = libc();
  if (native === null) return -ENOSYS;
  for (;;) {
    const sent = native.send(socketFd, ptr(from), length, MSG_MORE | MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    const number = errno();
    if (number === EAGAIN) return 0;
    if (number !== EINTR) return -number;
  }
}

/**
 * Sends file bytes to a non-blocking socket without reading them. Returns the bytes sent; 0: the socket is full;
 * negative: -errno. A file that ends before the first byte is -ENODATA. Main thread; the caller holds the span's pin,
 * the owning worker has made it resident, and nothing written before is still waiting in the socket's own buffer.
 *
 * Bun does not watch a socket that it did not fill itself. After a 0, pass {@link spanByte} to `socket.write`: that
 * takes the byte (there is room again, go on behind it) or takes nothing and arms `drain`.
 */
export function sendFile(
  socketFd: number,
  fd: FileDescriptor,
  position: FilePosition,
  length: number,
): number {
  const native = libc();
  if (native === null) return -ENOSYS;
  for (;;) {
    setPosition(position);
    const sent = native.sendfile(socketFd, fd, positionAt!, length);
    if (sent > 0) return sent;
    if (sent === 0) return length === 0 ? 0 : -ENODATA;
    const number = errno();
    if (number === EAGAIN) return 0;
    if (number !== EINTR) return -number;
  }
}

/**
 * One byte of a span, fetched through a private pipe by sendfile(2), because the main thread does not read log files
 * otherwise. Null where the file ends or fails: the response cannot be completed and the connection is to be closed.
 * The array is reused by the next call. Throws nothing.
 */
export function spanByte(fd: FileDescriptor, position: FilePosition): Uint8Array | null {
  const native = libc();
  if (native === null) return null;
  pipe ??= openPipe();
  if (pipe === null) return null;
  if (sendFile(pipe.writeFd, fd, position, 1) !== 1) return null;
  assert(native.read(pipe.readFd, byteAt!, 1) === 1, "a byte put into the private pipe comes out of it");
  return spanByteView;
}

function setPosition(position: number): void {
  positionWords[0] = position >>> 0;
  positionWords[1] = Math.floor(position / 2 ** 32);
}

function openPipe(): typeof pipe {
  const ends = new Int32Array(new ArrayBuffer(8));
  const failed = libc()!.pipe2(ptr(ends), fileConstants.O_NONBLOCK | O_CLOEXEC) !== 0;
  return failed ? null : { readFd: ends[0]!, writeFd: ends[1]! };
}
