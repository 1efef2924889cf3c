import type { Logger } from "./base/logger.ts";
import {
  checkpointKey,
  OffsetCheckpoint,
  type OffsetsByPartition,
  type PartitionOffset,
  readOffsetCheckpoint,
  writeOffsetCheckpoint,
} from "./cluster/offset-checkpoints.ts";
import type { PartitionCheckpoint, TopicRegistry } from "./cluster/topic-registry.ts";

/** Whose offsets are written. */
type Partitions = Pick<TopicRegistry, "partitions">;

/**
 * The checkpoint files at the root of the data directory: read once at start, written at an interval from the states
 * that the partition threads publish. Main thread; the writes do not block it.
 */
export class BrokerCheckpoints {
  readonly #directory: string;
  readonly #logger: Logger;
  #recoveryPoints: OffsetsByPartition = new Map();
  #logStarts: OffsetsByPartition = new Map();
  #writing: Promise<void> = Promise.resolve();
  #written = "";
  /** Topics that the files on disk name. */
  #topics: ReadonlySet<string> = new Set();
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(directory: string, logger: Logger) {
    this.#directory = directory;
    this.#logger = logger;
  }

  async read(): Promise<void> {
    this.#recoveryPoints = await this.#readOne(OffsetCheckpoint.RECOVERY_POINT);
    this.#logStarts = await this.#readOne(OffsetCheckpoint.LOG_START);
    const keys = [...this.#recoveryPoints.keys(), ...this.#logStarts.keys()];
    this.#topics = new Set(keys.map((key) => key.slice(0, key.lastIndexOf("-"))));
  }

  of(topic: string, partition: number): PartitionCheckpoint {
    const key = checkpointKey(topic, partition);
    return {
      recoveryPoint: this.#recoveryPoints.get(key) ?? null,
      logStartOffset: this.#logStarts.get(key) ?? null,
    };
  }

  writeEvery(intervalMs: number, registry: Partitions): void {
    this.#timer = setInterval(() => void this.write(registry), intervalMs);
  }

  /** Writes what changed since the last time, after the write that is under way. */
  write(registry: Partitions): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeNow(registry));
    return this.#writing;
  }

  /**
   * Makes sure that the files say nothing of a topic that is gone, before its name is used again: after a crash an old
   * recovery point would make the new log look damaged. False: it could not be written.
   */
  async drop(topic: string, registry: Partitions): Promise<boolean> {
    if (!this.#topics.has(topic)) return true;
    await this.write(registry);
    return !this.#topics.has(topic);
  }

  /** No writes by itself from here on; resolves when the one under way is done. */
  stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    return this.#writing;
  }

  async #writeNow(registry: Partitions): Promise<void> {
    const recovery: PartitionOffset[] = [];
    const starts: PartitionOffset[] = [];
    const watermarks: PartitionOffset[] = [];
    for (const { topic, partition, state, opening } of registry.partitions()) {
      const { syncedOffset, logStartOffset, highWatermark } = state.read();
      // Also of one that went offline: what it had synced before still tells damage from a torn tail.
      if (syncedOffset >= 0) {
        recovery.push({ topic, partition, offset: syncedOffset });
        starts.push({ topic, partition, offset: logStartOffset });
        watermarks.push({ topic, partition, offset: highWatermark });
        continue;
      }
      // One that did not open keeps what was known of it, so that repairing it later starts from there.
      const { recoveryPoint, logStartOffset: knownStart } = opening;
      if (recoveryPoint !== null) recovery.push({ topic, partition, offset: recoveryPoint });
      if (knownStart !== null) starts.push({ topic, partition, offset: knownStart });
    }
    const picture = JSON.stringify([recovery, starts, watermarks]);
    if (picture === this.#written) return;
    const topics = new Set([...recovery, ...starts].map(({ topic }) => topic));
    // Until all files are written, each holds the old picture or the new one.
    this.#written = "";
    this.#topics = new Set([...this.#topics, ...topics]);
    try {
      await writeOffsetCheckpoint(this.#directory, OffsetCheckpoint.RECOVERY_POINT, recovery);
      await writeOffsetCheckpoint(this.#directory, OffsetCheckpoint.LOG_START, starts);
      await writeOffsetCheckpoint(this.#directory, OffsetCheckpoint.REPLICATION, watermarks);
      this.#written = picture;
      this.#topics = topics;
    } catch (error) {
      this.#logger.warn("checkpoint-not-written", "the next start verifies more of the logs", {
        problem: (error as Error).message,
      });
    }
  }

  async #readOne(checkpoint: OffsetCheckpoint): Promise<OffsetsByPartition> {
    const read = await readOffsetCheckpoint(this.#directory, checkpoint);
    if (read.ok) return read.value;
    this.#logger.warn("checkpoint-unreadable", `${read.error}; everything is verified instead`);
    return new Map();
  }
}
