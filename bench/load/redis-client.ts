import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { RedisReader, redisCommand } from "./redis-wire.ts";

const ANSWER_MS_MAX = 60_000;
const TEXT_BYTES_MAX = 1024 * 1024;

const noWaiter = (): void => undefined;

/** Commands to Redis, one at a time. */
export class RedisClient implements Disposable {
  readonly #socket: Socket;
  #items: string[] = [];
  #resolve: (items: string[]) => void = noWaiter;
  #reject: (error: Error) => void = noWaiter;
  #failure: Error | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const reader = new RedisReader(
      (text) => this.#items.push(text),
      () => this.#resolve(this.#items),
      TEXT_BYTES_MAX,
    );
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

  static async open(port: number): Promise<RedisClient> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new RedisClient(socket);
  }

  /** The texts and numbers of the reply, flat. Rejects on an error reply; the client is of no use after it. */
  ask(...words: readonly string[]): Promise<string[]> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise<string[]>((resolve, reject) => {
      const timeout = setTimeout(
        () => this.#fail(new Error(`no answer in ${ANSWER_MS_MAX} ms`)),
        ANSWER_MS_MAX,
      );
      this.#items = [];
      this.#resolve = (items) => {
        clearTimeout(timeout);
        resolve(items);
      };
      this.#reject = (error) => {
        clearTimeout(timeout);
        reject(error);
      };
      this.#socket.write(redisCommand(...words));
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
