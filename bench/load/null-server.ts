import { fileURLToPath } from "node:url";
import { NullAnswers } from "./null-answers.ts";
import { NullConnection } from "./null-connection.ts";

/**
 * A Kafka broker that does nothing: it acknowledges every batch at once and keeps none, and every fetch brings the
 * same batches. What a generator reaches against it is the generator's own ceiling.
 */
export interface NullServer {
  readonly port: number;
  stop(): void;
}

interface Connection {
  readonly requests: NullConnection;
  /** What the socket has not taken yet. */
  unsent: Uint8Array[];
}

/** Answers that a client does not read, in pieces; then its connection ends. */
const UNSENT_MAX = 100_000;

export function serveNull(port = 0): NullServer {
  const server = Bun.listen<Connection>({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: (socket) => {
        socket.data = { requests: new NullConnection(answers), unsent: [] };
      },
      data: (socket, chunk) => {
        const { data } = socket;
        const output = data.requests.push(chunk);
        if (output === null || data.unsent.length > UNSENT_MAX) {
          socket.terminate();
          return;
        }
        if (output.length === 0) return;
        data.unsent.push(...joined(output));
        flush(socket);
      },
      drain: flush,
      error: (socket) => void socket.terminate(),
    },
  });
  const answers = new NullAnswers(server.port);
  return { port: server.port, stop: () => server.stop(true) };
}

function flush(socket: Bun.Socket<Connection>): void {
  const { data } = socket;
  let sent = 0;
  for (const bytes of data.unsent) {
    const taken = Math.max(0, socket.write(bytes));
    if (taken < bytes.byteLength) {
      data.unsent = [bytes.subarray(taken), ...data.unsent.slice(sent + 1)];
      return;
    }
    sent++;
  }
  data.unsent = [];
}

const JOINED_BYTES_MAX = 64 * 1024;

/** Every write is a system call: small answers leave together. */
function joined(output: Uint8Array[]): Uint8Array[] {
  if (output.length === 1) return output;
  const total = output.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return total > JOINED_BYTES_MAX ? output : [Buffer.concat(output)];
}

/** The server in a process of its own. */
export interface NullServerProcess extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
}

export async function startNullServer(cpus?: readonly number[]): Promise<NullServerProcess> {
  const command = [process.execPath, fileURLToPath(import.meta.url)];
  if (cpus !== undefined) command.unshift("taskset", "-c", cpus.join(","));
  const child = Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  const { value: line } = await child.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
  if (line === undefined) throw new Error("the null server ended before it listened");
  return {
    port: Number(line),
    pid: child.pid,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

if (import.meta.main) {
  const { port } = serveNull();
  // Its parent holds the other end: however that ends, nothing stays behind.
  process.stdin.resume().once("close", () => process.exit(0));
  process.stdout.write(`${port}\n`);
}
