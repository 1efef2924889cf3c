import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FileDescriptor, FilePosition } from "../../src/base/units.ts";
import { SENDFILE_CALL_BYTES, sendFile, spanByte } from "../../src/io/sendfile.ts";
import { type ControlFigures, type ControlOptions, printControl } from "./control.ts";
import { type LoopbackSocket, sendToSink } from "./loopback-sender.ts";

/** Small enough to stay in the page cache, larger than the processor's caches. */
const FILE_BYTES = 256 << 20;

/** A cached file over the loopback by sendfile(2), again and again from its start: the roof of a hot fetch. */
export async function run({ seconds, blockBytes }: ControlOptions): Promise<ControlFigures> {
  const directory = mkdtempSync(join(tmpdir(), "odradek-control-"));
  const fd = openSync(join(directory, "cached"), "w+") as FileDescriptor;
  try {
    const block = new Uint8Array(1 << 20).fill(1);
    for (let at = 0; at < FILE_BYTES; at += block.byteLength) writeSync(fd, block, 0, block.byteLength, at);
    return await sendToSink(seconds, sendLoop(fd, blockBytes));
  } finally {
    closeSync(fd);
    rmSync(directory, { recursive: true });
  }
}

function sendLoop(fd: FileDescriptor, blockBytes: number): (socket: LoopbackSocket) => number {
  let position = 0;
  return (socket) => {
    const length = Math.min(blockBytes, FILE_BYTES - position);
    let taken = sendFile(socket.fd, fd, position as FilePosition, length);
    if (taken < 0) return taken;
    if (taken === 0) taken = socket.write(spanByte(fd, position as FilePosition)!);
    position = (position + taken) % FILE_BYTES;
    return taken;
  };
}

if (import.meta.main) await printControl("bare sendfile", run, SENDFILE_CALL_BYTES);
