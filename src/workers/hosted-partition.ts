import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import { ACKS } from "../io/partition-messages.ts";
import { PARTITION_STATUS, type PartitionState } from "../io/partition-state.ts";
import type { LogFailure, PartitionLog, SyncTicket } from "../log/partition-log.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { Acknowledgements, type TakeAcknowledgement } from "./acknowledgements.ts";
import type { Completions } from "./completions.ts";
import type { DiskJobs } from "./disk-jobs.ts";
import { SyncPace } from "./sync-pace.ts";

/**
 * How long written batches may wait for a sync while nobody waits for them: no acks=all producer, no consumer at the
 * watermark. Without the pause, acks=1 traffic syncs as fast as the disk can, for nobody: ingest of 64 KiB batches into
 * 4 partitions on 2 cores took 3.2 CPU-s/GB instead of 2.6.
 */
const LAZY_SYNC_MS = 5;

/**
 * One partition on its thread: the log's state machine, the shared block that it publishes, the acknowledgements that
 * wait, and the one sync in flight. Everything that comes while a sync runs is covered by the next one: group commit.
 * A sync runs in the background, and appends go on, or on this thread ({@link SyncPace}). Worker thread.
 */
export class HostedPartition {
  readonly index: number;
  readonly name: string;
  readonly log: PartitionLog;
  readonly #state: PartitionState;
  readonly #completions: Completions;
  readonly #jobs: DiskJobs;
  readonly #logger: Logger;
  /** Staged and not written yet. */
  readonly #staged = new Acknowledgements();
  /** Written, to be acknowledged when synced. */
  readonly #unsynced = new Acknowledgements();
  readonly #pace: SyncPace;
  #syncLoop: Promise<void> | null = null;
  #lazySync: ReturnType<typeof setTimeout> | null = null;
  #isClosing = false;
  #highWatermarkPublished = -1;

  constructor(
    index: number,
    name: string,
    log: PartitionLog,
    state: PartitionState,
    completions: Completions,
    jobs: DiskJobs,
    logger: Logger,
    clock: Clock,
  ) {
    this.index = index;
    this.name = name;
    this.log = log;
    this.#state = state;
    this.#completions = completions;
    this.#jobs = jobs;
    this.#logger = logger;
    this.#pace = new SyncPace(clock);
    this.publish();
  }

  /** Stages one batch; it is written and answered by `commit`, or refused at once. */
  append(request: number, acks: number, source: Uint8Array, at: number, length: number): void {
    if (this.#isClosing) return this.#refuse(request, ErrorCode.NOT_LEADER_OR_FOLLOWER);
    if (this.log.needsCommitBefore(length)) this.commit();
    const outcome = this.log.stage(source, at, length);
    if (outcome.errorCode !== ErrorCode.NONE) {
      if (this.log.failure !== null) this.publish();
      return this.#refuse(request, outcome.errorCode);
    }
    this.#staged.push(request, acks, outcome.baseOffset, outcome.lastOffset, outcome.logAppendTimeMs);
  }

  /** Writes what is staged as one run and syncs, or starts to, if no sync is in flight. */
  commit(mayBlock = false): void {
    if (this.#staged.size === 0) return;
    const errorCode = this.log.commit();
    if (errorCode === ErrorCode.NONE) this.#staged.takeAll(this.#written);
    else this.#staged.takeAll((request) => this.#refuse(request, errorCode));
    this.publish();
    this.#syncWhenDue(mayBlock);
  }

  /**
   * Syncs on this thread if that may be and is likely to be short. Else starts a sync in the background; others follow it as
   * long as somebody waits.
   */
  startSync(mayBlock = false): void {
    if (this.#syncLoop !== null) return;
    if (this.log.failure !== null) {
      // It went offline between a write and its sync.
      if (this.#unsynced.size > 0) this.#giveUp(this.log.failure);
      return;
    }
    const ticket = this.log.beginSync();
    if (ticket !== null && mayBlock && this.#pace.isShort(ticket)) {
      // What is ready for others does not wait for the disk.
      this.#completions.publish();
      const beganMs = this.#pace.now();
      this.#complete(ticket, this.#jobs.syncFileNow(ticket.fds[0]!));
      this.#pace.ended(beganMs);
      if (this.log.failure !== null) this.#giveUp(this.log.failure);
      return;
    }
    const loop = this.#runSyncs(ticket);
    this.#syncLoop = loop;
    void loop.then(() => {
      this.#syncLoop = null;
      this.#syncWhenDue();
    });
  }

  /** Makes the log's fields visible to the main thread, and tells it if it asked for the watermark. */
  publish(): void {
    const { log } = this;
    const status = log.failure === null ? PARTITION_STATUS.ONLINE : PARTITION_STATUS.OFFLINE;
    this.#state.publish({ ...log.fields, status });
    const isNews = log.fields.highWatermark !== this.#highWatermarkPublished || log.failure !== null;
    if (!isNews) return;
    this.#highWatermarkPublished = log.fields.highWatermark;
    if (this.#state.takeWatermarkRequest()) this.#completions.watermarkMoved(this.index);
  }

  /**
   * How long the thread's event loop may stand still, milliseconds: not at all while somebody waits for the sync in
   * flight; as long as a lazy sync may be late while one is in flight or due; without end when nothing is.
   */
  get patienceMs(): number {
    const isSyncing = this.#syncLoop !== null;
    if (this.#isClosing || (isSyncing && this.#isAwaited())) return 0;
    return isSyncing || this.#lazySync !== null ? LAZY_SYNC_MS : Number.POSITIVE_INFINITY;
  }

  /** No appends from here on; resolves when no sync is in flight and everything staged is answered. */
  async quiesce(): Promise<void> {
    this.commit();
    this.#isClosing = true;
    if (this.#lazySync !== null) clearTimeout(this.#lazySync);
    for (;;) {
      while (this.#syncLoop !== null) await this.#syncLoop;
      if (this.#unsynced.size === 0) return;
      // Written when a loop was past its last ticket, but not yet out of the way.
      this.startSync();
    }
  }

  /** The partition is gone for its readers and writers. */
  markDeleted(): void {
    this.#state.setStatus(PARTITION_STATUS.DELETED);
    if (this.#state.takeWatermarkRequest()) this.#completions.watermarkMoved(this.index);
  }

  async #runSyncs(first: SyncTicket | null): Promise<void> {
    for (let ticket = first; ticket !== null; ticket = this.#nextTicket()) {
      const beganMs = this.#pace.now();
      this.#complete(ticket, await this.#syncTicket(ticket));
      this.#pace.ended(beganMs);
    }
    if (this.log.failure !== null) this.#giveUp(this.log.failure);
  }

  #complete(ticket: SyncTicket, errorCode: string | null): void {
    this.log.completeSync(ticket, errorCode);
    if (this.log.failure !== null) return;
    this.#unsynced.takeBelow(this.log.fields.syncedOffset, this.#acknowledge);
    this.publish();
    this.#completions.publish();
  }

  /**
   * The kernel may have dropped the pages that it could not write, or no sync can begin any more: what the log holds is
   * unknown from here on.
   */
  #giveUp(failure: LogFailure): void {
    this.#logger.error("partition-offline", failure.message, { partition: this.name });
    this.#unsynced.takeAll((request) => this.#refuse(request, ErrorCode.KAFKA_STORAGE_ERROR));
    this.publish();
    this.#completions.publish();
  }

  /** Goes on at once only for somebody. A partition that is closing syncs the rest by itself. */
  #nextTicket(): SyncTicket | null {
    return this.#isAwaited() ? this.log.beginSync() : null;
  }

  #isAwaited(): boolean {
    return this.#unsynced.size > 0 || (this.log.readersWaitForSync && this.#state.isWatermarkRequested());
  }

  #syncWhenDue(mayBlock = false): void {
    if (this.#isClosing || !this.log.wantsSync()) return;
    if (this.#isAwaited()) return this.startSync(mayBlock);
    this.#lazySync ??= setTimeout(() => {
      this.#lazySync = null;
      this.startSync();
    }, LAZY_SYNC_MS);
  }

  async #syncTicket(ticket: SyncTicket): Promise<string | null> {
    for (const fd of ticket.fds) {
      const errorCode = await this.#jobs.syncFile(fd);
      if (errorCode !== null) return errorCode;
    }
    for (const directory of ticket.directories) {
      const errorCode = await this.#jobs.syncDirectory(directory);
      if (errorCode !== null) return errorCode;
    }
    return null;
  }

  readonly #written: TakeAcknowledgement = (request, acks, baseOffset, lastOffset, logAppendTimeMs) => {
    const isSafe = acks === ACKS.LEADER || this.log.fields.highWatermark > lastOffset;
    if (isSafe) this.#acknowledge(request, acks, baseOffset, lastOffset, logAppendTimeMs);
    else this.#unsynced.push(request, acks, baseOffset, lastOffset, logAppendTimeMs);
  };

  readonly #acknowledge: TakeAcknowledgement = (request, _acks, baseOffset, _lastOffset, logAppendTimeMs) => {
    const { logStartOffset } = this.log.fields;
    this.#completions.appended(request, ErrorCode.NONE, baseOffset, logAppendTimeMs, logStartOffset);
  };

  #refuse(request: number, errorCode: ErrorCode): void {
    this.#completions.appended(request, errorCode, -1, -1, this.log.fields.logStartOffset);
  }
}
