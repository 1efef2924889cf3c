import type { Offset } from "../base/units.ts";
import { LEADER_EPOCH_FILE } from "./file-names.ts";
import { formatLeaderEpochs, parseLeaderEpochs } from "./leader-epoch-file.ts";
import { LeaderEpochs, NO_EPOCH } from "./leader-epochs.ts";
import type { LogEnvironment } from "./log-environment.ts";
import type { RecoveredLog } from "./recovery.ts";
import { readWholeFile } from "./replace-file.ts";
import type { Segment } from "./segment.ts";

export interface RecoveredEpochs {
  readonly epochs: LeaderEpochs;
  /** Whether the file says the same. If not, it has to be saved before anything is appended. */
  readonly isSaved: boolean;
}

/**
 * The leader epochs of a log as it is now, with an epoch to append under: the last one, or the one after it if the log was
 * not closed cleanly, because then records may be gone that somebody saw in that epoch. Throws `DiskError`.
 */
export function recoverEpochs(
  environment: LogEnvironment,
  directory: string,
  recovered: RecoveredLog,
  logStartOffset: Offset,
  keepsEpoch: boolean,
): RecoveredEpochs {
  const path = `${directory}/${LEADER_EPOCH_FILE}`;
  const content = environment.files.exists(path) ? readWholeFile(environment.files, path) : null;
  const epochs =
    (content === null ? null : parsed(content)) ?? rebuildEpochs(environment, recovered.segments);
  for (const { epoch, startOffset } of recovered.epochChanges) {
    if (epoch > epochs.latest) epochs.assign(epoch, startOffset as Offset);
  }
  const { latest } = epochs;
  epochs.truncateFromEnd(recovered.endOffset);
  epochs.truncateFromStart(logStartOffset);
  const epoch = latest === NO_EPOCH ? 0 : keepsEpoch ? latest : latest + 1;
  if (epoch > epochs.latest) epochs.assign(epoch, recovered.endOffset);
  const isSaved = content !== null && Buffer.compare(content, formatLeaderEpochs(epochs)) === 0;
  return { epochs, isSaved };
}

function parsed(content: Uint8Array): LeaderEpochs | null {
  const result = parseLeaderEpochs(content);
  return result.ok ? result.value : null;
}

/**
 * From the batches, where the file is missing or damaged. Epochs only grow, so a segment is walked through only if its
 * first batch and the next segment's are of different ones.
 */
function rebuildEpochs(environment: LogEnvironment, segments: readonly Segment[]): LeaderEpochs {
  const epochs = new LeaderEpochs();
  const firstEpochs = segments.map((segment) => firstEpochOf(environment, segment));
  for (const [place, segment] of segments.entries()) {
    if (firstEpochs[place]! > epochs.latest) epochs.assign(firstEpochs[place]!, segment.baseOffset);
    if (firstEpochs[place] !== firstEpochs[place + 1]) addEpochsOf(environment, segment, epochs);
  }
  return epochs;
}

function firstEpochOf(environment: LogEnvironment, segment: Segment): number {
  const { handles, reader } = environment;
  if (segment.size === 0) return NO_EPOCH;
  reader.start(handles.acquire(segment).fd, 0, segment.size, "lookup");
  return reader.next() ? reader.leaderEpoch : NO_EPOCH;
}

function addEpochsOf(environment: LogEnvironment, segment: Segment, epochs: LeaderEpochs): void {
  const { handles, reader } = environment;
  if (segment.size === 0) return;
  reader.start(handles.acquire(segment).fd, 0, segment.size, "headers");
  while (reader.next()) {
    if (reader.leaderEpoch > epochs.latest) epochs.assign(reader.leaderEpoch, reader.baseOffset as Offset);
  }
}
