import { join } from "node:path";
import { fail, ok, type Result } from "../base/result.ts";
import { formatCheckpoint, parseCheckpoint } from "../io/checkpoint-file.ts";
import { type Disk, diskErrorCode, nodeDisk, replaceFile } from "./disk.ts";

/** One offset per partition, in a file at the root of the data directory: Kafka's names and format. */
export const OffsetCheckpoint = {
  /** Everything below it is synced: recovery starts there. */
  RECOVERY_POINT: "recovery-point-offset-checkpoint",
  /** The first offset that may be read, where deletion of records has moved it into a segment. */
  LOG_START: "log-start-offset-checkpoint",
  /** The high watermark. */
  REPLICATION: "replication-offset-checkpoint",
} as const;
export type OffsetCheckpoint = (typeof OffsetCheckpoint)[keyof typeof OffsetCheckpoint];

export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Offsets by {@link checkpointKey}. */
export type OffsetsByPartition = ReadonlyMap<string, number>;

/** A partition's key, which is also its directory's name: the number behind the last `-` makes it unique. */
export function checkpointKey(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

/**
 * Reads a checkpoint; a file that is not there is an empty one. The error says what is wrong with the file: the broker
 * may go on without it (recovery then reads more), after it has said so. Main thread, at start.
 */
export async function readOffsetCheckpoint(
  directory: string,
  checkpoint: OffsetCheckpoint,
  disk: Disk = nodeDisk,
): Promise<Result<OffsetsByPartition, string>> {
  const path = join(directory, checkpoint);
  let bytes: Uint8Array | null;
  try {
    bytes = await disk.read(path);
  } catch (error) {
    return fail(`${path} cannot be read (${diskErrorCode(error)})`);
  }
  if (bytes === null) return ok(new Map());
  const parsed = parseOffsetCheckpoint(new TextDecoder().decode(bytes));
  return parsed.ok ? parsed : fail(`${path} is damaged: ${parsed.error}`);
}

/**
 * Replaces a checkpoint: durable, and whole at every moment. Rejects with Node's error. The caller writes one checkpoint
 * of a kind at a time.
 */
export async function writeOffsetCheckpoint(
  directory: string,
  checkpoint: OffsetCheckpoint,
  offsets: Iterable<PartitionOffset>,
  disk: Disk = nodeDisk,
): Promise<void> {
  const text = formatCheckpoint(Array.from(offsets, (at) => [at.topic, at.partition, at.offset]));
  await replaceFile(disk, join(directory, checkpoint), new TextEncoder().encode(text));
}

/** Pure. */
export function parseOffsetCheckpoint(text: string): Result<OffsetsByPartition, string> {
  const entries = parseCheckpoint(text, 3);
  if (!entries.ok) return entries;
  const offsets = new Map<string, number>();
  for (const [topic, partition, offset] of entries.value) {
    const isNumbered = WHOLE_NUMBER.test(partition!) && WHOLE_NUMBER.test(offset!);
    if (!isNumbered || !Number.isSafeInteger(Number(offset))) {
      return fail(
        `entry ${JSON.stringify(`${topic} ${partition} ${offset}`)} is not "topic partition offset"`,
      );
    }
    const key = checkpointKey(topic!, Number(partition));
    if (offsets.has(key)) return fail(`partition ${key} is there twice`);
    offsets.set(key, Number(offset));
  }
  return ok(offsets);
}

const WHOLE_NUMBER = /^(0|[1-9]\d{0,15})$/;
