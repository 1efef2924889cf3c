import type { Logger } from "../base/logger.ts";
import { CONTROL, type WorkerBoot, type WorkerNotice } from "../io/partition-messages.ts";
import { PARTITION_STATUS } from "../io/partition-state.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { ControlRequest, type ControlResult } from "./control-request.ts";
import { OrphanedFiles } from "./orphaned-files.ts";
import type { RoutedPartition } from "./routed-partition.ts";
import { type LinkOptions, WorkerLink } from "./worker-link.ts";

/** A started worker thread, as far as the router cares. */
export interface PartitionThread {
  post(boot: WorkerBoot): void;
  onNotice(listener: (notice: WorkerNotice) => void): void;
  /** Called once, with the reason: an uncaught error or an exit that nobody asked for included. */
  onExit(listener: (reason: string) => void): void;
}

export interface PartitionThreadsOptions {
  /** Threads at most; further partitions join the least loaded one. */
  readonly workersMax: number;
  readonly link: Omit<LinkOptions, "threadName">;
  readonly spawn: () => PartitionThread;
  readonly logger: Logger;
  /** A partition's watermark or status changed. */
  readonly onChange: (partition: RoutedPartition) => void;
}

interface HostedThread {
  link: WorkerLink;
  readonly partitions: Map<number, RoutedPartition>;
  readonly name: string;
  startedAtMs: number;
  restarts: number;
  stopping: boolean;
}

const RESTART_DELAY_MS_MIN = 100;
const RESTART_DELAY_MS_MAX = 30_000;
/** A thread that lived this long starts again with the smallest delay. */
const STABLE_AFTER_MS = 60_000;

/**
 * Starts a thread for each partition up to the limit, restarts one that died and reopens its partitions, and stops the
 * ones that have none left. Main thread.
 */
export class PartitionThreads {
  readonly #options: PartitionThreadsOptions;
  readonly #threads = new Set<HostedThread>();
  readonly #byPartition = new Map<RoutedPartition, HostedThread>();
  readonly #orphans: OrphanedFiles;
  readonly #restartTimers = new Set<ReturnType<typeof setTimeout>>();
  #named = 0;
  #closing = false;

  constructor(options: PartitionThreadsOptions) {
    this.#options = options;
    this.#orphans = new OrphanedFiles(options.logger);
  }

  get threadCount(): number {
    return this.#threads.size;
  }

  /** Gives the partition a thread and opens it there. `null`: every thread hosts as many partitions as it may. */
  open(partition: RoutedPartition): Promise<ControlResult> | null {
    if (this.#closing) {
      return Promise.resolve({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR, message: "the broker is stopping" });
    }
    const thread = this.#choose();
    const index = thread.link.admitPartition();
    if (index < 0) return null;
    thread.partitions.set(index, partition);
    this.#byPartition.set(partition, thread);
    return this.#openOn(thread, partition, index);
  }

  /** Closes the partition for good (`CLOSE` keeps its files, `DELETE` removes them) and lets go of its thread. */
  async release(
    partition: RoutedPartition,
    kind: typeof CONTROL.CLOSE | typeof CONTROL.DELETE,
  ): Promise<ControlResult> {
    const thread = this.#byPartition.get(partition);
    if (thread === undefined) {
      // It found no thread when it was opened, but may have files of a run that had more of them.
      return { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, message: "no partition thread has opened it" };
    }
    const { link, index } = partition;
    const result = await this.control(partition, kind, null);
    partition.ahead.clear();
    this.#byPartition.delete(partition);
    thread.partitions.delete(partition.index);
    if (partition.link === link) link?.dismissPartition(index);
    partition.link = null;
    if (thread.partitions.size === 0 && !thread.stopping) await this.#stop(thread);
    return result;
  }

  control(partition: RoutedPartition, kind: number, body: unknown): Promise<ControlResult> {
    const { link, index } = partition;
    return new Promise((resolve) => {
      const request = new ControlRequest(index, kind, body, resolve);
      if (link === null) request.fail(ErrorCode.KAFKA_STORAGE_ERROR);
      else link.submit(request);
    });
  }

  /** Closes every partition and thread; no restarts from here on. */
  async close(): Promise<ControlResult[]> {
    this.#closing = true;
    for (const timer of this.#restartTimers) clearTimeout(timer);
    const results = await Promise.all(
      [...this.#byPartition.keys()].map((partition) => this.release(partition, CONTROL.CLOSE)),
    );
    this.#orphans.close();
    return results;
  }

  #choose(): HostedThread {
    if (this.#threads.size < this.#options.workersMax) return this.#start();
    let least: HostedThread | null = null;
    for (const thread of this.#threads) {
      if (thread.stopping) continue;
      if (least === null || thread.partitions.size < least.partitions.size) least = thread;
    }
    return least ?? this.#start();
  }

  #start(): HostedThread {
    const name = `partition-${this.#named++}`.slice(0, 15);
    const partitions = new Map<number, RoutedPartition>();
    const thread: HostedThread = {
      name,
      partitions,
      link: this.#launch(name, () => thread),
      startedAtMs: performance.now(),
      restarts: 0,
      stopping: false,
    };
    this.#threads.add(thread);
    return thread;
  }

  #launch(name: string, owner: () => HostedThread): WorkerLink {
    const link = new WorkerLink({ ...this.#options.link, threadName: name }, (index) => {
      const partition = owner().partitions.get(index);
      if (partition !== undefined) this.#options.onChange(partition);
    });
    const worker = this.#options.spawn();
    worker.onNotice((notice) => {
      if (notice.kind !== "log") return;
      this.#options.logger[notice.level](notice.event, notice.message, notice.fields ?? {});
    });
    worker.onExit((reason) => {
      this.#exited(owner(), link, reason);
      link.arenaMemory[Symbol.dispose]();
    });
    worker.post(link.boot);
    void link.run();
    return link;
  }

  #openOn(thread: HostedThread, partition: RoutedPartition, index: number): Promise<ControlResult> {
    partition.ahead.clear();
    partition.link = thread.link;
    partition.index = index;
    partition.state = thread.link.stateOf(index);
    // Nothing is known before the worker publishes: the place may have been another partition's.
    partition.state.forget();
    return this.control(partition, CONTROL.OPEN, partition.opening);
  }

  async #stop(thread: HostedThread): Promise<void> {
    thread.stopping = true;
    await new Promise<ControlResult>((resolve) => {
      thread.link.submit(new ControlRequest(-1, CONTROL.SHUTDOWN, null, resolve));
    });
    this.#threads.delete(thread);
    this.#closeLink(thread.link);
  }

  /** Once per link: a second time would close descriptors whose numbers have other owners by then. */
  #closeLink(link: WorkerLink): void {
    if (!link.isOpen) return;
    link.close();
    this.#orphans.adopt(link.pins);
  }

  #exited(thread: HostedThread, link: WorkerLink, reason: string): void {
    if (thread.link !== link || !link.isOpen) return;
    this.#closeLink(link);
    if (thread.stopping) return;
    for (const partition of thread.partitions.values()) {
      partition.state.setStatus(PARTITION_STATUS.OFFLINE);
      partition.ahead.clear();
      this.#options.onChange(partition);
    }
    if (this.#closing) return;
    const now = performance.now();
    thread.restarts = now - thread.startedAtMs > STABLE_AFTER_MS ? 0 : thread.restarts + 1;
    const delayMs = Math.min(RESTART_DELAY_MS_MIN * 2 ** thread.restarts, RESTART_DELAY_MS_MAX);
    this.#options.logger.error(
      "partition-thread-died",
      `the thread of ${[...thread.partitions.values()].map(nameOf).join(", ")} stopped: its partitions are offline until it runs again in ${delayMs} ms`,
      { thread: thread.name, reason },
    );
    const timer = setTimeout(() => {
      this.#restartTimers.delete(timer);
      this.#restart(thread);
    }, delayMs);
    this.#restartTimers.add(timer);
  }

  #restart(thread: HostedThread): void {
    // Its last partition was released while it was down.
    if (thread.stopping) return;
    const partitions = [...thread.partitions.values()];
    thread.partitions.clear();
    thread.startedAtMs = performance.now();
    thread.link = this.#launch(thread.name, () => thread);
    for (const partition of partitions) {
      // What the dead thread had published as synced is known; everything above it is verified again.
      const { syncedOffset, logStartOffset } = partition.state.read();
      const known = syncedOffset >= 0;
      partition.opening = {
        ...partition.opening,
        recoveryPoint: known ? syncedOffset : partition.opening.recoveryPoint,
        logStartOffset: known ? logStartOffset : partition.opening.logStartOffset,
        wasCleanShutdown: false,
      };
      const index = thread.link.admitPartition();
      thread.partitions.set(index, partition);
      void this.#openOn(thread, partition, index).then((result) => {
        this.#options.onChange(partition);
        if (result.errorCode === ErrorCode.NONE) {
          this.#options.logger.info("partition-back-online", `${nameOf(partition)} is online again`);
        } else {
          this.#options.logger.error(
            "partition-offline",
            result.message ?? `${nameOf(partition)} could not be opened`,
          );
        }
      });
    }
  }
}

function nameOf(partition: RoutedPartition): string {
  return `${partition.topic}-${partition.partition}`;
}
