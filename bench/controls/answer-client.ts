import { fileURLToPath } from "node:url";
import { assert } from "../../src/base/assert.ts";

/** About what a fetch request of one partition takes. */
export const REQUEST_BYTES = 90;

export interface AnswerClientOptions {
  readonly port: number;
  /** Each has one request in flight. */
  readonly connections: number;
  /** Of one answer, header included: when they are there, the next request is sent. */
  readonly answerBytes: number;
}

/**
 * Starts a process that asks on the loopback and drops what it is answered, so that its CPU time is not the server's.
 * It ends when the server has closed every connection, with a code other than 0 when it cannot connect or is sent more
 * than one answer to a request.
 */
export function startAnswerClient(options: AnswerClientOptions): Bun.Subprocess {
  return Bun.spawn([process.execPath, fileURLToPath(import.meta.url), JSON.stringify(options)], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
  });
}

function ask({ port, connections, answerBytes }: AnswerClientOptions): Promise<unknown> {
  const request = new Uint8Array(REQUEST_BYTES).fill(1);
  const send = (socket: Bun.Socket<{ received: number }>): void =>
    assert(socket.write(request) === REQUEST_BYTES, "a request fits the socket");
  const connect = () =>
    Bun.connect<{ received: number }>({
      hostname: "127.0.0.1",
      port,
      data: { received: 0 },
      socket: {
        open: send,
        data(socket, bytes) {
          socket.data.received += bytes.byteLength;
          if (socket.data.received < answerBytes) return;
          assert(socket.data.received === answerBytes, "one answer comes for one request");
          socket.data.received = 0;
          send(socket);
        },
      },
    });
  return Promise.all(Array.from({ length: connections }, connect));
}

if (import.meta.main) await ask(JSON.parse(process.argv[2]!) as AnswerClientOptions);
