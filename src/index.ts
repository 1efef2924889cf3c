import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Logger, silentLogger } from "./base/logger.ts";
import { RunningBroker } from "./broker.ts";
import { loadConfig } from "./config/load-config.ts";
import { ErrorCode, errorName } from "./protocol/error-codes.ts";

export type { LogFields, Logger } from "./base/logger.ts";

export interface BrokerOptions {
  /** Kept afterwards. Default: a temporary directory that goes with the broker. */
  readonly dataDir?: string;
  /** Default: loopback. */
  readonly host?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Topics to be there from the start, by their number of partitions. */
  readonly topics?: Readonly<Record<string, number>>;
  /** Settings by Kafka's names, as with `-X`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Default: quiet. */
  readonly logger?: Logger;
}

/** Why a broker did not start: what happened, why, and what to do. */
export class BrokerStartError extends Error {
  override readonly name = "BrokerStartError";
}

/**
 * A whole broker inside a test or an app:
 *
 * ```ts
 * await using broker = await Broker.start({ topics: { orders: 3 } });
 * const kafka = new Kafka({ brokers: [broker.bootstrapServers] });
 * ```
 * Several may run side by side; nothing is left behind. Runs on the calling thread, with a thread for each partition.
 */
export class Broker implements AsyncDisposable {
  readonly #running: RunningBroker;
  readonly #temporaryDir: string | null;

  private constructor(running: RunningBroker, temporaryDir: string | null) {
    this.#running = running;
    this.#temporaryDir = temporaryDir;
  }

  /** Rejects with {@link BrokerStartError}. */
  static async start(options: BrokerOptions = {}): Promise<Broker> {
    const temporaryDir = options.dataDir === undefined ? await mkdtemp(join(tmpdir(), "odradek-")) : null;
    const { host = "127.0.0.1", port = 0, settings = {} } = options;
    const config = loadConfig({
      overrides: {
        ...settings,
        "log.dirs": options.dataDir ?? temporaryDir!,
        listeners: `PLAINTEXT://${host}:${port}`,
      },
    });
    if (!config.ok) throw new BrokerStartError(config.error.map(({ message }) => message).join("; "));
    const started = await RunningBroker.start({
      config: config.value,
      logger: options.logger ?? silentLogger,
    });
    if (!started.ok) throw new BrokerStartError(started.error.message);
    const broker = new Broker(started.value, temporaryDir);
    await broker.#createTopics(options.topics ?? {});
    return broker;
  }

  /** `host:port`, what clients call bootstrap servers. */
  get bootstrapServers(): string {
    const { host, port } = this.#running.address;
    return `${host}:${port}`;
  }

  get port(): number {
    return this.#running.address.port;
  }

  get clusterId(): string {
    return this.#running.clusterId;
  }

  /** Drains, syncs and closes everything. */
  async stop(): Promise<void> {
    await this.#running.stop();
    if (this.#temporaryDir !== null) await rm(this.#temporaryDir, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #createTopics(topics: Readonly<Record<string, number>>): Promise<void> {
    for (const [name, partitionCount] of Object.entries(topics)) {
      const { errorCode, message } = await this.#running.topics.create({
        name,
        partitionCount,
        replicationFactor: -1,
        assignments: [],
        config: {},
        validateOnly: false,
      });
      if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) continue;
      await this.stop();
      throw new BrokerStartError(`topic ${name}: ${message ?? errorName(errorCode)}`);
    }
  }
}
