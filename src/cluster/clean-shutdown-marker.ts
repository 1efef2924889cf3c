import { join } from "node:path";
import { type Disk, nodeDisk, replaceFile } from "./disk.ts";

/** Kafka's name and content. */
export const CLEAN_SHUTDOWN_MARKER = ".kafka_cleanshutdown";
const CONTENT = new TextEncoder().encode('{"version":0,"brokerEpoch":-1}');

/**
 * Whether the last run ended with everything synced. Removes the marker durably before it answers: a crash from here on
 * must not look like a clean end. Rejects with Node's error. Main thread, at start, before a log is opened.
 */
export async function takeCleanShutdownMarker(directory: string, disk: Disk = nodeDisk): Promise<boolean> {
  const path = join(directory, CLEAN_SHUTDOWN_MARKER);
  if ((await disk.read(path)) === null) return false;
  await disk.remove(path);
  await disk.syncDirectory(directory);
  return true;
}

/** The last thing that a broker writes, after all logs are synced and closed. Rejects with Node's error. */
export async function writeCleanShutdownMarker(directory: string, disk: Disk = nodeDisk): Promise<void> {
  await replaceFile(disk, join(directory, CLEAN_SHUTDOWN_MARKER), CONTENT);
}
