import type { Offset } from "../base/units.ts";
import type { BatchReader } from "./batch-reader.ts";
import { readIndexFiles } from "./index-files.ts";
import type { LogEnvironment } from "./log-environment.ts";
import { LogDamage } from "./log-failure.ts";
import { saveIndexSynced } from "./save-index.ts";
import type { Segment } from "./segment.ts";
import type { SegmentHandle } from "./segment-handles.ts";
import { SegmentIndex } from "./segment-index.ts";

/**
 * The index of a closed segment, loaded at its first use. The files are believed when their columns increase and the
 * batches behind the last entry lead exactly to the segment's end and to its successor; otherwise the index is rebuilt
 * from the log. Throws `DiskError`, and `LogDamage` if the segment itself is no whole sequence of batches.
 */
export function loadClosedIndex(
  environment: LogEnvironment,
  segment: Segment,
  nextBaseOffset: Offset,
  intervalBytes: number,
): SegmentIndex {
  const handle = environment.handles.acquire(segment);
  if (handle.index !== null) return handle.index;
  const found = readIndexFiles(environment.files, segment);
  const index =
    found !== null && leadsToNext(environment.reader, handle, segment, found, nextBaseOffset, intervalBytes)
      ? found
      : rebuild(environment, handle, segment, nextBaseOffset, intervalBytes);
  environment.handles.setIndex(segment, index);
  segment.largestTimestampMs = index.largestTimestampMs;
  return index;
}

/**
 * Whether the batches from the index's last entry on end where the segment ends, one offset before the next segment, and
 * hold nothing that the index should have told: no further entry, no larger timestamp. So an index that lost its end (zeros
 * look like an empty one) does not make every lookup walk through the segment.
 */
function leadsToNext(
  reader: BatchReader,
  handle: SegmentHandle,
  segment: Segment,
  index: SegmentIndex,
  nextBaseOffset: Offset,
  intervalBytes: number,
): boolean {
  const start = index.scanStart(nextBaseOffset);
  let lastOffset = segment.baseOffset - 1;
  reader.start(handle.fd, start, segment.size, "lookup");
  while (reader.next()) {
    if (reader.position - start > intervalBytes) return false;
    if (reader.maxTimestampMs > index.largestTimestampMs) return false;
    lastOffset = reader.lastOffset;
  }
  return reader.problem === null && lastOffset + 1 === nextBaseOffset;
}

function rebuild(
  environment: LogEnvironment,
  handle: SegmentHandle,
  segment: Segment,
  nextBaseOffset: Offset,
  intervalBytes: number,
): SegmentIndex {
  const { reader } = environment;
  const index = new SegmentIndex(segment.baseOffset);
  let expected: number = segment.baseOffset;
  reader.start(handle.fd, 0, segment.size, "headers");
  while (reader.next() && reader.baseOffset === expected) {
    index.add(reader.lastOffset, reader.maxTimestampMs, reader.position, reader.length, intervalBytes);
    expected = reader.lastOffset + 1;
  }
  const name = `segment ${segment.baseOffset}`;
  if (reader.problem !== null) {
    throw new LogDamage(`${name} holds ${reader.problem} at byte ${reader.position} (offset ${expected})`);
  }
  if (reader.end !== segment.size || expected !== nextBaseOffset) {
    throw new LogDamage(
      `${name} leads to offset ${expected}, but the next segment starts at ${nextBaseOffset}`,
    );
  }
  index.finish();
  environment.logger.warn("index-rebuilt", "an index was missing or damaged and was rebuilt from the log", {
    directory: segment.directory,
    segment: segment.baseOffset,
  });
  saveIndexSynced(environment.files, segment, index, null);
  return index;
}
