import type { FileDescriptor, FilePosition } from "../../src/base/units.ts";
import { SENDFILE_CALL_BYTES, sendFile, spanByte } from "../../src/io/sendfile.ts";
import { withCachedFile } from "./cached-file.ts";
import { type ControlFigures, type ControlOptions, printControl } from "./control.ts";
import { type LoopbackSocket, sendToSink } from "./loopback-sender.ts";

/** Small enough to stay in the page cache, larger than the processor's caches. */
const FILE_BYTES = 256 << 20;

/**
 * A cached file over the loopback by sendfile(2), again and again from its start: the roof of a hot fetch, which waits
 * for no request. Consumers with one fetch in flight have a roof of their own, `sendfile-answers`.
 */
export function run({ seconds, blockBytes }: ControlOptions): Promise<ControlFigures> {
  return withCachedFile(FILE_BYTES, (fd) => sendToSink(seconds, sendLoop(fd, blockBytes)));
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
