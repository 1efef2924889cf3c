import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import { openArenaMemory } from "../io/arena-memory.ts";
import type { Files } from "../io/files.ts";
import { COMMAND, type WorkerBoot } from "../io/partition-messages.ts";
import { PARTITION_STATE_BYTES, PartitionState } from "../io/partition-state.ts";
import { RingConsumer, RingProducer } from "../io/ring.ts";
import { SpanPins } from "../io/span-pins.ts";
import { createLogEnvironment, type LogEnvironment } from "../log/log-environment.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { ColdReads } from "./cold-reads.ts";
import { Completions } from "./completions.ts";
import { runControl } from "./control-command.ts";
import type { DiskJobs } from "./disk-jobs.ts";
import { runFetch, runPlanAhead } from "./fetch-command.ts";
import type { HostedPartition } from "./hosted-partition.ts";
import { runEpochLookup, runTimestampLookup } from "./lookup-commands.ts";

/** Commands taken in one turn; what they append is written in runs, see {@link RUN_BYTES_MAX}. */
export const COMMANDS_PER_TURN = 256;

/**
 * Of one run of writes, or one batch if that is longer: then its answers leave and its room in the arena is free, though the turn goes on. With an arena's
 * worth of large batches in one run, the main thread waits for room while this one works, and this one for batches after.
 */
const RUN_BYTES_MAX = 1024 * 1024;

/** Between two calls of {@link Duty.tick}. */
export const TICK_MS = 1_000;

/** Between two looks at the event loop while something in the background takes its steps on it. */
const BACKGROUND_PATIENCE_MS = 5;

/**
 * What a partition thread does, apart from how it waits: one bounded turn after the other. Everything it touches is
 * handed in, so that a simulator can drive it. Worker thread.
 */
export class Duty {
  readonly commands: RingConsumer;
  readonly completions: Completions;
  readonly partitions: (HostedPartition | undefined)[] = [];
  readonly environment: LogEnvironment;
  readonly jobs: DiskJobs;
  readonly coldReads: ColdReads;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly #arena: Uint8Array;
  readonly #states: SharedArrayBuffer;
  readonly #touched = new Set<HostedPartition>();
  #arenaToken = 0;
  /** Appended since the last run was written. */
  #runBytes = 0;
  #backgroundWorks = 0;
  #isStopping = false;

  constructor(boot: WorkerBoot, files: Files, clock: Clock, jobs: DiskJobs, logger: Logger) {
    this.commands = new RingConsumer(boot.commands);
    this.completions = new Completions(new RingProducer(boot.completions));
    this.#arena = openArenaMemory(boot.arena);
    this.#states = boot.states;
    this.jobs = jobs;
    this.clock = clock;
    this.logger = logger;
    const { openSegmentsMax, producerIdsMax, producerIdExpirationMs } = boot;
    this.environment = createLogEnvironment({
      files,
      clock,
      logger,
      pins: new SpanPins(boot.pins),
      openSegmentsMax,
      producerIdsMax,
      producerIdExpirationMs,
    });
    this.coldReads = new ColdReads(jobs, this.environment.pins);
  }

  /** One bounded turn. Returns true when there may be more to do at once. */
  turn(): boolean {
    const handled = this.commands.poll(this.#handle, COMMANDS_PER_TURN);
    this.#commitRun();
    return handled === COMMANDS_PER_TURN;
  }

  /** Writes what was appended, answers what may be answered, and gives the arena back. */
  #commitRun(): void {
    const mayBlock = this.#touched.size === 1 && this.#servesOne();
    for (const partition of this.#touched) partition.commit(mayBlock);
    this.#touched.clear();
    if (this.#arenaToken > 0) this.completions.arenaConsumed(this.#arenaToken);
    this.#arenaToken = 0;
    this.#runBytes = 0;
    this.completions.publish();
  }

  /** Every `log.retention.check.interval.ms`: retention, rolls by age, deferred removals. */
  maintain(): void {
    for (const partition of this.partitions) {
      if (partition === undefined) continue;
      partition.commit();
      partition.log.maintain();
      partition.startSync();
      partition.publish();
    }
    this.completions.publish();
  }

  /** Every second or so: syncs what nobody waits for (write.caching), closes files that responses no longer pin. */
  tick(): void {
    this.environment.handles.sweep();
    for (const partition of this.partitions) partition?.startSync();
  }

  /** For work that goes on over several turns of the event loop, none of which any client waits for. */
  track(work: Promise<void>): void {
    this.#backgroundWorks++;
    void work.finally(() => {
      this.#backgroundWorks--;
    });
  }

  /** How long the thread's event loop may stand still, milliseconds; at most a tick. */
  get patienceMs(): number {
    if (this.coldReads.isAwaited) return 0;
    const isBusy = this.#backgroundWorks > 0 || this.coldReads.isReading;
    let patience = isBusy ? BACKGROUND_PATIENCE_MS : TICK_MS;
    for (const partition of this.partitions) {
      if (partition !== undefined) patience = Math.min(patience, partition.patienceMs);
    }
    return patience;
  }

  /** Whether nobody but the one partition is held up when the thread waits for a disk. */
  #servesOne(): boolean {
    let count = 0;
    for (const partition of this.partitions) {
      if (partition !== undefined && ++count > 1) return false;
    }
    return true;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  stop(): void {
    this.#isStopping = true;
  }

  stateOf(index: number): PartitionState {
    return new PartitionState(this.#states, index * PARTITION_STATE_BYTES);
  }

  readonly #handle = (type: number, at: number): void => {
    const { i32, f64 } = this.commands;
    const word = at >> 2;
    const request = i32[word]!;
    const partition = this.partitions[i32[word + 1]!];
    switch (type) {
      case COMMAND.APPEND:
        this.#arenaToken = f64[(at >> 3) + 2]!;
        if (partition === undefined) {
          return this.completions.appended(request, ErrorCode.NOT_LEADER_OR_FOLLOWER, -1, -1, -1);
        }
        this.#touched.add(partition);
        partition.append(request, i32[word + 6]!, this.#arena, i32[word + 2]!, i32[word + 3]!);
        this.#runBytes += i32[word + 3]!;
        if (this.#runBytes >= RUN_BYTES_MAX) this.#commitRun();
        return;
      case COMMAND.FETCH:
        return runFetch(this, partition, request, at);
      case COMMAND.PLAN_AHEAD:
        return runPlanAhead(this, partition, request, at);
      case COMMAND.TIMESTAMP_LOOKUP:
        return runTimestampLookup(this, partition, request, at);
      case COMMAND.EPOCH_LOOKUP:
        return runEpochLookup(this, partition, request, at);
      case COMMAND.CONTROL:
        return runControl(this, partition, request, at);
      default:
        throw new Error(`unknown command ${type} on the ring`);
    }
  };
}
