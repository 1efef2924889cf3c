/** Receives what a NATS server says. `payload` is valid during the call only. */
export interface NatsEvents {
  /** INFO, PING, PONG, +OK or -ERR, without the end of the line. */
  onControl(line: string): void;
  /** `head` is the line of a MSG or HMSG; with headers the payload starts with them. */
  onMessage(head: string, payload: Uint8Array): void;
}

const LINE_BYTES_MAX = 64 * 1024;
const LINE_FEED = 10;
const LETTER_M = 77;
const LETTER_H = 72;
const END = 2;

/** Cuts the NATS protocol out of a stream: lines, and after MSG and HMSG a payload. Copies only what is split. */
export class NatsReader {
  readonly #events: NatsEvents;
  #rest: Buffer = Buffer.alloc(0);

  constructor(events: NatsEvents) {
    this.#events = events;
  }

  /** Throws when it is not that protocol. */
  push(chunk: Uint8Array): void {
    const fresh = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const bytes = this.#rest.byteLength === 0 ? fresh : Buffer.concat([this.#rest, fresh]);
    let at = 0;
    for (;;) {
      const lineEnd = bytes.indexOf(LINE_FEED, at);
      if (lineEnd < 0) {
        if (bytes.byteLength - at > LINE_BYTES_MAX) throw new Error("a line of the server has no end");
        break;
      }
      const line = bytes.toString("latin1", at, lineEnd - 1);
      const payloadAt = lineEnd + 1;
      const first = bytes[at];
      if (first !== LETTER_M && first !== LETTER_H) {
        this.#events.onControl(line);
        at = payloadAt;
        continue;
      }
      const length = Number(line.slice(line.lastIndexOf(" ") + 1));
      const end = payloadAt + length;
      if (bytes.byteLength < end + END) break;
      this.#events.onMessage(line, bytes.subarray(payloadAt, end));
      at = end + END;
    }
    this.#rest = bytes.subarray(at);
  }
}

/** What a client says first. `-ERR` is still sent, `+OK` is not. */
export const NATS_CONNECT = `CONNECT ${JSON.stringify({ verbose: false, pedantic: false, lang: "bench", version: "1", headers: true, no_responders: true })}\r\n`;
