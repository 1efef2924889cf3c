import { assert } from "../../src/base/assert.ts";
import type { FileDescriptor, FilePosition } from "../../src/base/units.ts";
import { SENDFILE_CALL_BYTES, sendFile, spanByte } from "../../src/io/sendfile.ts";
import { REQUEST_BYTES, startAnswerClient } from "./answer-client.ts";
import { withCachedFile } from "./cached-file.ts";
import { type ControlFigures, type ControlOptions, printControl, Stopwatch } from "./control.ts";

/** As much as the smaller of the hot fetch workloads reads, and to each connection a region far beyond the caches. */
const FILE_BYTES = 512 << 20;
const REGION_BYTES_MIN = 64 << 20;
const HEADER_BYTES = 64;
const WARMUP_SECONDS = 0.5;

interface AnswerServer {
  readonly port: number;
  /** Of answers that a client had in full: it has asked again. */
  readonly bytesAnswered: number;
  /** Resolves with the first request. */
  readonly asked: Promise<void>;
  /** Only rejects. */
  readonly failed: Promise<never>;
  stop(): void;
}

/** One connection, with a region of the file of its own. */
interface Answering {
  readonly regionStart: number;
  position: number;
  /** Bytes of the answer that is under way. */
  left: number;
  isFirst: boolean;
}

type AnswerSocket = Bun.Socket<Answering> & { readonly fd: number };

/**
 * A server that answers each small request with a header and `blockBytes` of a cached file by sendfile(2), to
 * `connections` that have one request in flight each: the roof of consumers, which ask again when they have the answer.
 * The CPU time is the server's, which is this process. Rejects when a connection fails or the client ends early.
 */
export function run({ seconds, blockBytes, connections = 1 }: ControlOptions): Promise<ControlFigures> {
  const regionBytes = Math.max(Math.floor(FILE_BYTES / connections), REGION_BYTES_MIN, blockBytes);
  return withCachedFile(regionBytes * connections, async (fd) => {
    const server = serveAnswers(fd, blockBytes, regionBytes);
    const answerBytes = HEADER_BYTES + blockBytes;
    const client = startAnswerClient({ port: server.port, connections, answerBytes });
    const endedEarly = client.exited.then((code) => {
      throw new Error(`the client ended early, with ${code}`);
    });
    try {
      return await Promise.race([measure(server, seconds), server.failed, endedEarly]);
    } finally {
      server.stop();
      await client.exited;
    }
  });
}

async function measure(server: AnswerServer, seconds: number): Promise<ControlFigures> {
  await server.asked;
  await Bun.sleep(WARMUP_SECONDS * 1000);
  const stopwatch = new Stopwatch();
  const bytesBefore = server.bytesAnswered;
  stopwatch.start();
  await Bun.sleep(seconds * 1000);
  stopwatch.stop();
  return stopwatch.figures(server.bytesAnswered - bytesBefore);
}

function serveAnswers(file: FileDescriptor, blockBytes: number, regionBytes: number): AnswerServer {
  const header = new Uint8Array(HEADER_BYTES).fill(1);
  const asked = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<never>();
  let opened = 0;
  let bytesAnswered = 0;

  const goOn = (socket: AnswerSocket): void => {
    const { data } = socket;
    while (data.left > 0) {
      const position = data.position as FilePosition;
      let taken = sendFile(socket.fd, file, position, Math.min(data.left, SENDFILE_CALL_BYTES));
      if (taken === 0) taken = socket.write(spanByte(file, position)!);
      if (taken === 0) return; // drain will come
      if (taken < 0) return failed.reject(new Error(`sending failed with ${taken}`));
      data.position += taken;
      data.left -= taken;
    }
  };

  const server = Bun.listen<Answering>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        const regionStart = opened++ * regionBytes;
        socket.data = { regionStart, position: regionStart, left: 0, isFirst: true };
      },
      data(socket, request) {
        const { data } = socket;
        assert(request.byteLength === REQUEST_BYTES && data.left === 0, "one whole request comes at a time");
        if (data.isFirst) asked.resolve();
        else bytesAnswered += blockBytes;
        data.isFirst = false;
        if (data.position + blockBytes > data.regionStart + regionBytes) data.position = data.regionStart;
        data.left = blockBytes;
        assert(socket.write(header) === HEADER_BYTES, "a socket whose client has everything takes a header");
        goOn(socket as AnswerSocket);
      },
      drain: (socket) => goOn(socket as AnswerSocket),
      error: (_socket, error) => failed.reject(error),
    },
  });
  return {
    port: server.port,
    get bytesAnswered() {
      return bytesAnswered;
    },
    asked: asked.promise,
    failed: failed.promise,
    stop: () => server.stop(true),
  };
}

if (import.meta.main) {
  const connections = Number(process.argv[3] ?? 1);
  await printControl("sendfile answers", (options) => run({ ...options, connections }), 1 << 20);
}
