import { assert } from "../base/assert.ts";
import type { FileDescriptor, Offset } from "../base/units.ts";
import type { ActiveSegment } from "./active-segment.ts";
import type { LogEnvironment } from "./log-environment.ts";
import type { LogPosition } from "./log-position.ts";
import type { Segment } from "./segment.ts";

/** What one group commit has to make durable. The descriptors stay open until the ticket is completed. */
export interface SyncTicket {
  /** To `fdatasync`, in any order. */
  readonly fds: readonly FileDescriptor[];
  /** To `fsync`, after the descriptors. */
  readonly directories: readonly string[];
  /** What the synced offset becomes. */
  readonly endOffset: Offset;
  /** Of the active segment, not on disk yet. */
  readonly activeBytes: number;
}

/** A producer snapshot that may be written once everything below its offset is on disk. */
export interface PendingSnapshot {
  readonly offset: Offset;
  readonly content: Uint8Array;
}

/** What a completed ticket has made durable. */
export interface SyncedLog {
  /** Where the log ended when the sync began. */
  readonly end: LogPosition;
  readonly logBytes: number;
  /** May be written now. */
  readonly snapshot: PendingSnapshot | null;
}

interface InFlight extends SyncedLog {
  readonly ticket: SyncTicket;
  readonly rolled: readonly Segment[];
  readonly indexFds: readonly FileDescriptor[];
  readonly directoryChanges: number;
}

/**
 * What of a log is not on disk yet, and the one sync in flight. A roll costs no sync of its own: the next ticket carries
 * the old segment, its index files and the directory. Worker thread; owned by one `PartitionLog`.
 */
export class SyncTickets {
  readonly #environment: LogEnvironment;
  readonly #directory: string;
  /** Sealed and not carried by a ticket since. Held open. At most as many as are rolled during one sync. */
  #rolled: Segment[] = [];
  /** Index files with unsynced bytes: two per roll or checkpoint. */
  #indexFds: FileDescriptor[] = [];
  #snapshot: PendingSnapshot | null = null;
  #inFlight: InFlight | null = null;
  #directoryChanges = 0;
  #directoryChangesSynced = 0;

  constructor(environment: LogEnvironment, directory: string) {
    this.#environment = environment;
    this.#directory = directory;
  }

  get isInFlight(): boolean {
    return this.#inFlight !== null;
  }

  /** Whether something besides the active segment waits for a sync. */
  get hasSealed(): boolean {
    return this.#rolled.length > 0 || this.#indexFds.length > 0 || this.#snapshot !== null;
  }

  get isDirectoryDirty(): boolean {
    return this.#directoryChanges > this.#directoryChangesSynced;
  }

  /** A segment was sealed at `snapshot.offset`, and its successor created. */
  rolled(segment: Segment, indexFds: readonly FileDescriptor[], snapshot: PendingSnapshot): void {
    this.#rolled.push(segment);
    this.checkpoint(indexFds, snapshot);
    this.directoryChanged();
  }

  /** Index files that are written, and the snapshot that may follow when they and the log below it are on disk. */
  checkpoint(indexFds: readonly FileDescriptor[], snapshot: PendingSnapshot): void {
    this.#indexFds.push(...indexFds);
    this.#snapshot = snapshot;
  }

  /** Something was created, renamed or removed. Returns the change's number for {@link isDirectoryChangeSynced}. */
  directoryChanged(): number {
    return ++this.#directoryChanges;
  }

  isDirectoryChangeSynced(change: number): boolean {
    return change <= this.#directoryChangesSynced;
  }

  /** Null: nothing to sync, or one is in flight. `logBytes` is handed back when it is done. */
  begin(active: ActiveSegment, endOffset: Offset, logBytes: number): SyncTicket | null {
    if (this.#inFlight !== null) return null;
    const { segment } = active;
    if (segment.isSynced && !this.hasSealed && !this.isDirectoryDirty) return null;
    const fds = this.#rolled.filter((rolled) => !rolled.isSynced).map((rolled) => rolled.handle!.fd);
    if (!segment.isSynced) fds.push(active.fd);
    const ticket = {
      fds: [...fds, ...this.#indexFds],
      directories: this.isDirectoryDirty ? [this.#directory] : [],
      endOffset,
      activeBytes: segment.size - segment.syncedSize,
    };
    this.#inFlight = {
      ticket,
      end: { offset: endOffset, segment, position: segment.size },
      logBytes,
      rolled: this.#rolled,
      indexFds: this.#indexFds,
      snapshot: this.#snapshot,
      directoryChanges: this.#directoryChanges,
    };
    this.#rolled = [];
    this.#indexFds = [];
    this.#snapshot = null;
    return ticket;
  }

  /** Everything in the ticket is on disk. */
  succeeded(ticket: SyncTicket): SyncedLog {
    const done = this.#take(ticket);
    for (const segment of done.rolled) {
      segment.syncedSize = segment.size;
      this.#environment.handles.release(segment);
    }
    done.end.segment.syncedSize = done.end.position;
    this.#directoryChangesSynced = done.directoryChanges;
    for (const fd of done.indexFds) this.#environment.files.close(fd);
    return done;
  }

  /** It is unknown what is on disk. */
  failed(ticket: SyncTicket): void {
    const done = this.#take(ticket);
    this.#rolled.unshift(...done.rolled);
    this.#indexFds.unshift(...done.indexFds);
  }

  /** For a log that ends here: closes what only the tickets hold. None is in flight. */
  discard(): void {
    assert(this.#inFlight === null, "a log is not closed while its files are being synced");
    for (const fd of this.#indexFds) this.#environment.files.close(fd);
    this.#indexFds = [];
    this.#rolled = [];
  }

  #take(ticket: SyncTicket): InFlight {
    const inFlight = this.#inFlight;
    assert(inFlight?.ticket === ticket, "the ticket completed is the one in flight");
    this.#inFlight = null;
    return inFlight;
  }
}
