import { fileURLToPath } from "node:url";

/** A process that takes bytes from one connection on the loopback and drops them. */
export interface TcpSink {
  readonly port: number;
  /** Bytes received when the connection had ended; the process ends then. */
  readonly received: Promise<number>;
}

/** Starts the sink in a process of its own, so that its CPU time is not the sender's. */
export async function startTcpSink(): Promise<TcpSink> {
  const child = Bun.spawn([process.execPath, fileURLToPath(import.meta.url)], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value: port } = await lines.read();
  return {
    port: Number(port),
    received: lines.read().then(({ value }) => Number(value)),
  };
}

function serveSink(): void {
  let received = 0;
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(_socket, bytes) {
        received += bytes.byteLength;
      },
      close() {
        console.log(received);
        server.stop(true);
      },
    },
  });
  console.log(server.port);
}

if (import.meta.main) serveSink();
