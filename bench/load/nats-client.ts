import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { NATS_CONNECT, NatsReader } from "./nats-wire.ts";

const ANSWER_MS_MAX = 60_000;
const INBOX = "_INBOX.bench-admin";

const noWaiter = (): void => undefined;

/** Requests to a NATS server, one at a time: what is needed to manage JetStream. */
export class NatsClient implements Disposable {
  readonly #socket: Socket;
  #resolve: (text: string) => void = noWaiter;
  #reject: (error: Error) => void = noWaiter;
  #failure: Error | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const reader = new NatsReader({
      onControl: (line) => {
        if (line === "PING") socket.write("PONG\r\n");
        else if (line.startsWith("-ERR")) this.#fail(new Error(line));
        else if (line === "PONG") this.#resolve(line);
      },
      onMessage: (_, payload) => this.#resolve(Buffer.from(payload).toString()),
    });
    socket.on("data", (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        this.#fail(error as Error);
      }
    });
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the server closed the connection")));
  }

  /** Rejects when nobody listens or the server does not answer a PING. */
  static async open(port: number): Promise<NatsClient> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    const client = new NatsClient(socket);
    await client.#exchange(`${NATS_CONNECT}SUB ${INBOX} 1\r\nPING\r\n`);
    return client;
  }

  /** A request to JetStream's API. Rejects when it answers with an error. */
  async ask<Answer>(subject: string, request: object = {}): Promise<Answer> {
    const body = JSON.stringify(request);
    const text = await this.#exchange(
      `PUB $JS.API.${subject} ${INBOX} ${Buffer.byteLength(body)}\r\n${body}\r\n`,
    );
    if (text.startsWith("NATS/1.0")) throw new Error(`JetStream does not answer: ${text.split("\r\n")[0]}`);
    const answer = JSON.parse(text) as Answer & { readonly error?: { readonly description: string } };
    if (answer.error !== undefined) throw new Error(`${subject}: ${answer.error.description}`);
    return answer;
  }

  #exchange(text: string): Promise<string> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise<string>((resolve, reject) => {
      const timeout = setTimeout(
        () => this.#fail(new Error(`no answer in ${ANSWER_MS_MAX} ms`)),
        ANSWER_MS_MAX,
      );
      this.#resolve = (answer) => {
        clearTimeout(timeout);
        resolve(answer);
      };
      this.#reject = (error) => {
        clearTimeout(timeout);
        reject(error);
      };
      this.#socket.write(text);
    });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#reject(this.#failure);
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

/** JetStream's stream (and subject) for a partition of a topic; streams have no partitions of their own. */
export function natsStream(topic: string, partition: number): string {
  return `${topic.replaceAll(/[^A-Za-z0-9_-]/g, "_")}-${partition}`;
}
