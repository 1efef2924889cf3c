import { dirname } from "node:path";
import { fail, ok, type Result } from "../base/result.ts";
import type { Offset } from "../base/units.ts";
import { ActiveSegment } from "./active-segment.ts";
import { loadClosedIndex } from "./closed-index.ts";
import { type DirectoryListing, listPartition } from "./directory-listing.ts";
import { SUFFIX } from "./file-names.ts";
import { saveLeaderEpochs } from "./leader-epoch-file.ts";
import type { LeaderEpochs } from "./leader-epochs.ts";
import type { LogEnvironment } from "./log-environment.ts";
import { damaged, isPassing, LogDamage, type LogFailure, wrongTopic } from "./log-failure.ts";
import { firstTimestampMs, LogSegments } from "./log-segments.ts";
import type { OpenPartition } from "./open-partition.ts";
import { readPartitionMetadata, writePartitionMetadata } from "./partition-metadata.ts";
import type { ProducerStates } from "./producer-states.ts";
import { recoverEpochs } from "./recover-epochs.ts";
import { type RecoveredLog, recoverLog } from "./recovery.ts";
import { removeIfThere } from "./replace-file.ts";
import { Segment } from "./segment.ts";
import { renameSegmentFilesToDeleted } from "./segment-files.ts";
import type { SnapshotFiles } from "./snapshot-files.ts";

/** A log that is ready to be read and written. */
export interface OpenedLog {
  readonly segments: LogSegments;
  readonly producers: ProducerStates;
  readonly snapshots: SnapshotFiles;
  readonly epochs: LeaderEpochs;
  readonly areEpochsSaved: boolean;
  readonly logStartOffset: Offset;
  readonly endOffset: Offset;
  /** Paths of files whose deletion has begun. */
  readonly deleted: readonly string[];
}

/**
 * Opens a partition's directory, or creates it. Creation survives a crash at any point: the parent is synced, then the
 * first segment is made durable, and `partition.metadata` comes last; as long as that is missing, the next open goes on
 * with the creation. Throws `DiskError` and `LogDamage`.
 */
export function openLog(environment: LogEnvironment, opening: OpenPartition): Result<OpenedLog, LogFailure> {
  const { files, clock } = environment;
  const { directory } = opening;
  const name = `${opening.topic}-${opening.partition}`;
  if (!files.exists(directory)) files.makeDirectory(directory);
  const topicId = readPartitionMetadata(files, directory);
  if (typeof topicId === "object" && topicId !== null) return fail(damaged(name, topicId.problem));
  if (topicId !== null && topicId !== opening.topicId)
    return fail(wrongTopic(name, opening.topicId, topicId));
  const isNew = topicId === null;
  if (isNew) files.syncDirectory(dirname(directory));

  const listing = listPartition(files, directory, clock.wallMs());
  if (listing.segments.length === 0) {
    if (!isNew) return fail(damaged(name, "all of its segment files are missing"));
    listing.segments.push(createFirstSegment(environment, directory));
  }
  finishDeletion(environment, listing, opening);
  const isUnused = isNew && listing.segments.every((segment) => segment.size === 0);
  const recovered = recoverLog(
    environment,
    {
      directory,
      // What checkpoints say of an unused directory is about an older topic of the same name.
      recoveryPoint: isUnused ? null : opening.recoveryPoint,
      wasCleanShutdown: opening.wasCleanShutdown,
      indexIntervalBytes: opening.config.indexIntervalBytes,
    },
    listing,
  );
  try {
    return ok(complete(environment, opening, listing, recovered, isNew));
  } catch (error) {
    files.close(recovered.activeFd);
    throw error;
  }
}

/** Durable with the leader epochs, which are saved before `partition.metadata`. */
function createFirstSegment({ files, clock }: LogEnvironment, directory: string): Segment {
  const segment = new Segment(directory, 0 as Offset, 0, clock.wallMs());
  files.close(files.open(segment.path(SUFFIX.LOG), "create"));
  return segment;
}

/**
 * Retention renames the oldest segments first, but a crash may keep a later rename and lose an earlier one. Then a segment
 * is left that ends where a `.deleted` one starts; its deletion, and that of all before it, is finished here.
 */
function finishDeletion(
  environment: LogEnvironment,
  listing: DirectoryListing,
  opening: OpenPartition,
): void {
  const { segments, deletedSegments } = listing;
  for (let place = segments.length - 2; place >= 0 && deletedSegments.length > 0; place--) {
    const { baseOffset } = segments[place]!;
    const nextOffset = segments[place + 1]!.baseOffset;
    const deleted = deletedSegments.find((offset) => offset > baseOffset && offset < nextOffset);
    if (deleted === undefined || !leadsTo(environment, segments[place]!, deleted, opening)) continue;
    for (const segment of segments.splice(0, place + 1)) {
      environment.handles.discard(segment);
      listing.deleted.push(...renameSegmentFilesToDeleted(environment.files, segment));
    }
    return;
  }
}

function leadsTo(
  environment: LogEnvironment,
  segment: Segment,
  offset: Offset,
  { config }: OpenPartition,
): boolean {
  try {
    loadClosedIndex(environment, segment, offset, config.indexIntervalBytes);
    return true;
  } catch (error) {
    if (error instanceof LogDamage) return false;
    throw error;
  }
}

function complete(
  environment: LogEnvironment,
  opening: OpenPartition,
  listing: DirectoryListing,
  recovered: RecoveredLog,
  isNew: boolean,
): OpenedLog {
  const { files } = environment;
  const { directory, config, wasCleanShutdown } = opening;
  const { segments, endOffset, activeFd } = recovered;
  for (const stray of listing.strays) removeIfThere(files, `${directory}/${stray}`);
  const firstOffset = segments[0]!.baseOffset;
  const askedStart = opening.logStartOffset ?? firstOffset;
  const logStartOffset = Math.min(Math.max(askedStart, firstOffset), endOffset) as Offset;
  const { epochs, isSaved } = recoverEpochs(
    environment,
    directory,
    recovered,
    logStartOffset,
    wasCleanShutdown || isNew,
  );
  const areEpochsSaved = isSaved || trySaveEpochs(environment, directory, epochs);
  if (isNew) writePartitionMetadata(files, directory, opening.topicId);

  const activeSegment = segments.at(-1)!;
  // Recovery has read all of it through a descriptor of its own; from here on the log holds it.
  environment.handles.discard(activeSegment);
  const active = new ActiveSegment(
    activeSegment,
    activeFd,
    recovered.activeIndex,
    recovered.activeCounts,
    firstTimestampMs(environment, activeFd, activeSegment.size),
  );
  return {
    segments: new LogSegments(environment, directory, segments, active, config),
    producers: recovered.producers,
    snapshots: recovered.snapshots,
    epochs,
    areEpochsSaved,
    logStartOffset,
    endOffset,
    deleted: listing.deleted,
  };
}

/** On a full disk the log opens for reading; it appends when the epochs are saved. */
function trySaveEpochs({ files }: LogEnvironment, directory: string, epochs: LeaderEpochs): boolean {
  try {
    saveLeaderEpochs(files, directory, epochs);
    return true;
  } catch (error) {
    if (!isPassing(error)) throw error;
    return false;
  }
}
