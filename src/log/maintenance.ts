import type { Appender } from "./appender.ts";
import type { LogState } from "./log-state.ts";
import { type SegmentAge, segmentsToDelete } from "./retention.ts";
import { renameSegmentFilesToDeleted } from "./segment-files.ts";

/** What one round of maintenance has done. */
export interface MaintenanceResult {
  readonly rolled: boolean;
  readonly segmentsDeleted: number;
  readonly filesRemoved: number;
  readonly producersExpired: number;
}

/** Time-driven work: roll, retention, removal of deleted files, expiry of producers. Throws `DiskError`, `LogDamage`. */
export function maintainLog(state: LogState, appender: Appender): MaintenanceResult {
  const { environment, removals, tickets, segments } = state;
  const nowMs = environment.clock.wallMs();
  const isRollDue = segments.isRollDueForAge(nowMs);
  if (isRollDue) appender.roll(nowMs);
  const deletable = countDeletable(state, nowMs);
  // The active segment goes too: something must stand in its place before, to remember the log's end.
  const isActiveDeletable = deletable === segments.all.length && segments.active.segment.size > 0;
  if (isActiveDeletable) appender.roll(nowMs);
  const segmentsDeleted = deleteOldest(state, deletable);
  const filesRemoved = removals.removeDue(environment.files, environment.clock.monotonicMs(), (change) =>
    tickets.isDirectoryChangeSynced(change),
  );
  const producersExpired = state.producers.expire(nowMs - environment.producerIdExpirationMs);
  return { rolled: isRollDue || isActiveDeletable, segmentsDeleted, filesRemoved, producersExpired };
}

function countDeletable(state: LogState, nowMs: number): number {
  const { segments, config, fields } = state;
  return segmentsToDelete(ages(state), segments.byteLength, config, fields.logStartOffset, nowMs);
}

function* ages({ segments, config, fields }: LogState): Generator<SegmentAge> {
  for (const [place, segment] of segments.all.entries()) {
    const largestMs = config.retentionMs < 0 ? -1 : segments.largestTimestampMs(place);
    const endOffset = segments.all[place + 1]?.baseOffset ?? fields.endOffset;
    yield { size: segment.size, newestMs: largestMs >= 0 ? largestMs : segment.knownSinceMs, endOffset };
  }
}

/**
 * At most `count` segments leave the log; a fetch under way keeps its descriptor. Only what everybody may see, and what the
 * log no longer holds: then a sync ticket has carried the segment and its successor's directory entry, without which a crash
 * could lose the log's end.
 */
function deleteOldest(state: LogState, count: number): number {
  const { segments, environment, fields, removals } = state;
  const { all } = segments;
  let deleted = 0;
  while (deleted < count && all.length > 1 && !removals.isFull) {
    const segment = all[0]!;
    const next = all[1]!;
    if (next.baseOffset > fields.highWatermark || environment.handles.isHeld(segment)) break;
    state.deferRemovals(renameSegmentFilesToDeleted(environment.files, segment));
    environment.handles.discard(segment);
    all.shift();
    fields.logStartOffset = Math.max(fields.logStartOffset, next.baseOffset);
    deleted++;
  }
  if (deleted > 0) state.epochs.truncateFromStart(all[0]!.baseOffset);
  return deleted;
}
