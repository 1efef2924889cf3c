import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../base/logger.ts";
import type { MetadataStore, TopicRecord } from "./metadata-store.ts";

/** `<topic>-<partition>.<32 hex digits>-delete`: renamed for deletion; only the removal is left to do. */
const RENAMED_FOR_DELETION = /\.[0-9a-f]{32}-delete$/;

/**
 * Finishes deletions that a stop interrupted: removes directories that were already renamed, then those of topics
 * whose deletion is recorded but had not reached their directories. A directory that no record knows is left alone and
 * named in the log. Main thread, once, before topics are opened.
 */
export async function removeDeletedDirectories(
  dataDir: string,
  store: MetadataStore,
  logger: Logger,
): Promise<void> {
  const entries = await readdir(dataDir, { withFileTypes: true });
  const directories = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const gone = new Set<string>();
  const remove = async (name: string): Promise<void> => {
    await rm(join(dataDir, name), { recursive: true, force: true });
    gone.add(name);
  };
  for (const name of directories) if (RENAMED_FOR_DELETION.test(name)) await remove(name);
  for (const record of [...store.topicsBeingDeleted()]) {
    // A live topic of the same name was created after the directories of this one had been renamed.
    if (store.topicByName(record.name) === undefined) {
      for (const name of partitionDirectories(record)) if (directories.includes(name)) await remove(name);
    }
    const finished = await store.finishTopicDeletion(record.topicId);
    if (!finished.ok) {
      logger.warn("topic-deletion-unfinished", finished.error.message, { topic: record.name });
    }
  }
  const known = new Set([...store.topics()].flatMap(partitionDirectories));
  for (const name of directories) {
    if (gone.has(name) || known.has(name) || !/-\d+$/.test(name)) continue;
    logger.warn(
      "stray-directory",
      "a directory looks like a partition but belongs to no topic; it is left alone: move it away or remove it",
      { directory: join(dataDir, name) },
    );
  }
}

function partitionDirectories(record: TopicRecord): string[] {
  return Array.from({ length: record.partitionCount }, (_, partition) => `${record.name}-${partition}`);
}
