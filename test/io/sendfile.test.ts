import { createHash, randomBytes } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { FileDescriptor, FilePosition } from "../../src/base/units.ts";
import { sendFile, sendfileSupported, spanByte } from "../../src/io/sendfile.ts";
import { temporaryDirectories } from "./temporary-directory.ts";

const MEBIBYTE = 1 << 20;
const at = (position: number): FilePosition => position as FilePosition;
const directory = temporaryDirectories();

/** Bun's types leave the descriptor out. */
type SocketWithDescriptor = Bun.Socket<undefined> & { readonly fd: number };

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A file of random bytes (each MiB stamped with its number) and its SHA-256. */
function randomFile(mebibytes: number): { fd: FileDescriptor; bytes: number; hash: string } {
  const fd = openSync(join(directory(), "a.log"), "w+");
  stops.push(() => closeSync(fd));
  const block = randomBytes(MEBIBYTE);
  const hash = createHash("sha256");
  for (let i = 0; i < mebibytes; i++) {
    block.writeUInt32LE(i, 0);
    hash.update(block);
    writeSync(fd, block, 0, MEBIBYTE, i * MEBIBYTE);
  }
  return { fd: fd as FileDescriptor, bytes: mebibytes * MEBIBYTE, hash: hash.digest("hex") };
}

/** What one connection did: to see that a full socket costs a wait for `drain`, not a loop. */
class Sender {
  position = 0;
  calls = 0;
  fullAnswers = 0;
  drains = 0;
  error = 0;
  readonly #file: { fd: FileDescriptor; bytes: number };

  constructor(file: { fd: FileDescriptor; bytes: number }) {
    this.#file = file;
  }

  /** Sends until the socket is full, and leaves `drain` armed. */
  pump(socket: Bun.Socket<undefined>): void {
    while (this.position < this.#file.bytes) {
      this.calls++;
      const length = Math.min(MEBIBYTE, this.#file.bytes - this.position);
      const sent = sendFile((socket as SocketWithDescriptor).fd, this.#file.fd, at(this.position), length);
      if (sent < 0) {
        this.error = sent;
        return;
      }
      this.position += sent;
      if (sent > 0) continue;
      this.fullAnswers++;
      const taken = socket.write(spanByte(this.#file.fd, at(this.position))!);
      if (taken === 0) return;
      this.position += taken;
    }
    socket.shutdown();
  }
}

function serve(sender: Sender): number {
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    allowHalfOpen: true,
    socket: {
      open: (socket) => sender.pump(socket),
      drain(socket) {
        sender.drains++;
        sender.pump(socket);
      },
      data: () => undefined,
    },
  });
  stops.push(() => server.stop(true));
  return server.port;
}

describe.skipIf(!sendfileSupported)("sendFile()", () => {
  test("brings 200 MB whole to a slow reader, and waits for drain instead of looping while the socket is full", async () => {
    const file = randomFile(200);
    const sender = new Sender(file);
    const hash = createHash("sha256");
    let received = 0;
    let pauses = 0;
    await new Promise<void>((resolve, reject) => {
      Bun.connect({
        hostname: "127.0.0.1",
        port: serve(sender),
        socket: {
          data(socket, bytes) {
            hash.update(bytes);
            const before = received;
            received += bytes.byteLength;
            if (Math.floor(before / MEBIBYTE) === Math.floor(received / MEBIBYTE)) return;
            pauses++;
            socket.pause();
            setTimeout(() => socket.resume(), 1);
          },
          end: () => resolve(),
          close: () => resolve(),
          error: (_socket, error) => reject(error),
        },
      });
    });
    expect(sender.error).toBe(0);
    expect(received).toBe(file.bytes);
    expect(hash.digest("hex")).toBe(file.hash);
    expect(pauses).toBeGreaterThan(50);
    expect(sender.drains, "the socket was full at times").toBeGreaterThan(10);
    expect(sender.fullAnswers).toBeLessThanOrEqual(2 * sender.drains + 10);
    expect(sender.calls).toBeLessThan(20 * (sender.drains + 200));
  });

  test("answers a negative errno when the peer is gone, and the process survives it", async () => {
    const file = randomFile(8);
    const accepted = Promise.withResolvers<Bun.Socket<undefined>>();
    const server = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { open: (socket) => accepted.resolve(socket), data: () => undefined },
    });
    stops.push(() => server.stop(true));
    const client = await Bun.connect({
      hostname: "127.0.0.1",
      port: server.port,
      socket: { data: () => undefined },
    });
    const socketFd = ((await accepted.promise) as SocketWithDescriptor).fd;
    client.terminate();
    // In the same turn, so that Bun has not yet seen the peer go.
    let sent = 0;
    for (let call = 0; call < 100 && sent >= 0; call++) sent = sendFile(socketFd, file.fd, at(0), MEBIBYTE);
    expect([constants.errno.EPIPE, constants.errno.ECONNRESET]).toContain(-sent);
  });

  test("says ENODATA where the file ends before the span, and EBADF for a closed descriptor", () => {
    const file = randomFile(1);
    const socketLike = openSync(join(directory(), "out"), "w");
    stops.push(() => closeSync(socketLike));
    expect(sendFile(socketLike, file.fd, at(file.bytes), 10)).toBe(-constants.errno.ENODATA);
    expect(sendFile(socketLike, file.fd, at(file.bytes - 10), 100)).toBe(10);
    expect(sendFile(socketLike, file.fd, at(0), 0)).toBe(0);
    expect(sendFile(socketLike, 999_999 as FileDescriptor, at(0), 10)).toBe(-constants.errno.EBADF);
  });
});

describe.skipIf(!sendfileSupported)("spanByte()", () => {
  test("is the byte at the position, beyond 4 GiB too", () => {
    const fd = openSync(join(directory(), "sparse.log"), "w+");
    stops.push(() => closeSync(fd));
    const position = 2 ** 32 + 4711;
    writeSync(fd, new Uint8Array([7, 8, 9]), 0, 3, position);
    const bytes = [0, 1, 2].map((i) => spanByte(fd as FileDescriptor, at(position + i))![0]);
    expect(bytes).toEqual([7, 8, 9]);
  });

  test("is null behind the end and for a closed descriptor, and leaves no byte for the next call", () => {
    const file = randomFile(1);
    const first = spanByte(file.fd, at(0))![0];
    expect(spanByte(file.fd, at(file.bytes))).toBeNull();
    expect(spanByte(999_999 as FileDescriptor, at(0))).toBeNull();
    expect(spanByte(file.fd, at(0))![0]).toBe(first);
  });
});
