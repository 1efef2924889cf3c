import type { Files } from "../io/files.ts";
import { PARTITION_METADATA_FILE } from "./file-names.ts";
import { readWholeFile, replaceFile } from "./replace-file.ts";

/**
 * `partition.metadata`: whose directory this is. Two lines, `version: 0` and `topic_id: <base64url>`. It is written last
 * when a directory is made: where it stands, the first segment was durable before.
 */
const TEXT = /^version: 0\ntopic_id: ([A-Za-z0-9_-]{22})\n?$/;
const BYTES_MAX = 4096;

export function formatPartitionMetadata(topicId: string): Uint8Array {
  return new TextEncoder().encode(`version: 0\ntopic_id: ${topicId}\n`);
}

/** The topic id; null if the text is not what Kafka writes. */
export function parsePartitionMetadata(content: Uint8Array): string | null {
  return TEXT.exec(new TextDecoder().decode(content))?.[1] ?? null;
}

/** The topic id, null if there is no such file, or what is wrong with it. */
export function readPartitionMetadata(files: Files, directory: string): string | null | { problem: string } {
  const path = `${directory}/${PARTITION_METADATA_FILE}`;
  if (!files.exists(path)) return null;
  const content = readWholeFile(files, path, BYTES_MAX);
  const topicId = content === null ? null : parsePartitionMetadata(content);
  return topicId ?? { problem: `${PARTITION_METADATA_FILE} does not hold a topic id` };
}

export function writePartitionMetadata(files: Files, directory: string, topicId: string): void {
  replaceFile(files, directory, PARTITION_METADATA_FILE, formatPartitionMetadata(topicId));
}
