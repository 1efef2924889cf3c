import type { Offset } from "../base/units.ts";
import type { Segment } from "./segment.ts";

/** An offset between two batches, and the place in the files that belongs to it. */
export interface LogPosition {
  readonly offset: Offset;
  readonly segment: Segment;
  readonly position: number;
}

/** Up to where `segment` may be read below `limit`. */
export function readableBytes(segment: Segment, limit: LogPosition): number {
  if (segment === limit.segment) return limit.position;
  return segment.baseOffset < limit.segment.baseOffset ? segment.size : 0;
}
