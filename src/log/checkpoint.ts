import type { LogState } from "./log-state.ts";
import { encodeProducerSnapshot } from "./producer-snapshot.ts";
import { saveIndexSynced } from "./save-index.ts";

/**
 * Lets the next recovery start here: the index of the active segment goes to its files, which the next sync ticket
 * carries, and a snapshot of the producers follows when that is done. Nothing is staged. Throws `DiskError`.
 */
export function makeCheckpoint(state: LogState): void {
  // The segment may be sealed at just this offset: then nothing more is written to its index.
  state.segments.active.index.finish();
  const indexFds = state.segments.writeIndex(state.segments.active);
  state.bytesSinceSnapshot = 0;
  if (indexFds === null) return;
  state.tickets.checkpoint(indexFds, {
    offset: state.end.offset,
    content: encodeProducerSnapshot(state.producers),
  });
}

/** Everything on disk, so that an open after this has nothing to read back. Blocks. Throws `DiskError`. */
export function closeCleanly(state: LogState): void {
  const { environment, segments, tickets, snapshots, producers } = state;
  const { files } = environment;
  const ticket = tickets.begin(segments.active, state.end.offset, state.endBytes);
  if (ticket !== null) {
    for (const fd of ticket.fds) files.sync(fd);
    for (const directory of ticket.directories) files.syncDirectory(directory);
    const synced = tickets.succeeded(ticket);
    state.fields.syncedOffset = synced.end.offset;
    state.advanceWatermark(synced.end, synced.logBytes);
  }
  const { segment, index, counts } = segments.active;
  index.finish();
  saveIndexSynced(files, segment, index, counts);
  files.syncDirectory(state.directory);
  snapshots.save(state.end.offset, encodeProducerSnapshot(producers), true);
  files.syncDirectory(state.directory);
}
