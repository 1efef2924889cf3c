import { type ControlFigures, Stopwatch } from "./control.ts";
import { startTcpSink } from "./tcp-sink.ts";

export type LoopbackSocket = Bun.Socket<undefined> & { readonly fd: number };

/** Bytes sent in one turn of the event loop, at most; then others would have theirs. */
const TURN_BYTES_MAX = 16 << 20;

/**
 * Calls `send` (which returns the bytes taken, or 0 after it has armed `drain`) until the time is up, and measures to
 * the moment at which the receiving process has everything.
 */
export async function sendToSink(
  seconds: number,
  send: (socket: LoopbackSocket) => number,
): Promise<ControlFigures> {
  const sink = await startTcpSink();
  const stopwatch = new Stopwatch();
  const finished = Promise.withResolvers<void>();
  let sent = 0;
  let deadlineMs = 0;

  const turn = (socket: LoopbackSocket): void => {
    let turnBytes = 0;
    while (performance.now() < deadlineMs) {
      const taken = send(socket);
      if (taken < 0) return finished.reject(new Error(`sending failed with ${taken}`));
      if (taken === 0) return; // drain will come
      sent += taken;
      turnBytes += taken;
      if (turnBytes >= TURN_BYTES_MAX) {
        setImmediate(turn, socket);
        return;
      }
    }
    socket.shutdown();
    finished.resolve();
  };

  await Bun.connect({
    hostname: "127.0.0.1",
    port: sink.port,
    socket: {
      open(socket) {
        stopwatch.start();
        deadlineMs = performance.now() + seconds * 1000;
        turn(socket as LoopbackSocket);
      },
      drain: (socket) => turn(socket as LoopbackSocket),
      data: () => undefined,
      error: (_socket, error) => finished.reject(error),
    },
  });
  await finished.promise;
  const received = await sink.received;
  stopwatch.stop();
  if (received !== sent) throw new Error(`the sink has ${received} of ${sent} bytes`);
  return stopwatch.figures(received);
}
