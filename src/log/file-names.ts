import type { Offset } from "../base/units.ts";

/**
 * Names in a partition's directory. A segment's files carry its base offset in 20 digits; a snapshot carries the
 * offset up to which it knows the producers. `.deleted` is put behind the name of a file that will be removed later.
 */
export const SUFFIX = {
  LOG: ".log",
  OFFSET_INDEX: ".index",
  TIME_INDEX: ".timeindex",
  SNAPSHOT: ".snapshot",
} as const;
export type Suffix = (typeof SUFFIX)[keyof typeof SUFFIX];

export const DELETED_SUFFIX = ".deleted";
/** A file that is being written and will take its place by a rename. */
export const TEMPORARY_SUFFIX = ".tmp";
export const LEADER_EPOCH_FILE = "leader-epoch-checkpoint";
export const PARTITION_METADATA_FILE = "partition.metadata";

const OFFSET_DIGITS = 20;
const NAME = /^([0-9]{20})(\.log|\.index|\.timeindex|\.snapshot)(\.deleted)?$/;

export interface OffsetFileName {
  readonly offset: Offset;
  readonly suffix: Suffix;
  readonly isDeleted: boolean;
}

export function offsetFileName(offset: number, suffix: Suffix): string {
  return String(offset).padStart(OFFSET_DIGITS, "0") + suffix;
}

/** Null for a name that does not carry an offset, or one beyond 2^53. */
export function parseOffsetFileName(name: string): OffsetFileName | null {
  const match = NAME.exec(name);
  if (match === null) return null;
  const offset = Number(match[1]);
  if (!Number.isSafeInteger(offset)) return null;
  return { offset: offset as Offset, suffix: match[2] as Suffix, isDeleted: match[3] !== undefined };
}
