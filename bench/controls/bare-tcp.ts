import { type ControlFigures, type ControlOptions, printControl } from "./control.ts";
import { sendToSink } from "./loopback-sender.ts";

/** Plain writes over the loopback, from memory: what a response costs that is not sent by sendfile. */
export function run({ seconds, blockBytes }: ControlOptions): Promise<ControlFigures> {
  const block = new Uint8Array(blockBytes).fill(1);
  return sendToSink(seconds, (socket) => Math.max(0, socket.write(block)));
}

if (import.meta.main) await printControl("bare TCP", run, 64 * 1024);
