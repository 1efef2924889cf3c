import { join } from "node:path";
import type { Logger } from "../base/logger.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { type Disk, diskErrorCode, nodeDisk } from "./disk.ts";
import { EmbeddedMetadataStore } from "./embedded-metadata-store.ts";
import { type RecoveredJournal, recoverJournal } from "./metadata-journal.ts";
import { MetadataJournalFile } from "./metadata-journal-file.ts";
import { MetadataState } from "./metadata-state.ts";
import type { MetadataStore, StoreError, StoreErrorKind } from "./metadata-store.ts";

/** In the data directory. No partition can have this name: theirs end in a number. */
export const METADATA_JOURNAL = "metadata.journal";

export interface OpenMetadataStore {
  /** From `meta.properties`; a journal of another cluster is refused. */
  readonly clusterId: string;
  readonly topicsMax: number;
  readonly logger: Logger;
  readonly disk?: Disk;
}

/**
 * Opens the store of a data directory that this process has locked; the first time, creates it. A torn tail is cut with a
 * warning. Damage is refused with a message, and nothing is changed.
 */
export async function openEmbeddedMetadataStore(
  directory: string,
  options: OpenMetadataStore,
): Promise<Result<MetadataStore, StoreError>> {
  const disk = options.disk ?? nodeDisk;
  const path = join(directory, METADATA_JOURNAL);
  try {
    const bytes = await disk.read(path);
    if (bytes === null) return await createStore(disk, directory, path, options);
    return await reopenStore(disk, path, bytes, options);
  } catch (error) {
    return refuse(
      "storage",
      `${path} cannot be opened (${diskErrorCode(error)}): check the disk and its permissions`,
    );
  }
}

async function createStore(
  disk: Disk,
  directory: string,
  path: string,
  options: OpenMetadataStore,
): Promise<Result<MetadataStore, StoreError>> {
  const partitions = (await disk.list(directory)).filter((name) => PARTITION_DIRECTORY.test(name)).sort();
  if (partitions.length > 0) {
    return refuse(
      "foreign-directory",
      `${directory} holds partitions (${partitions[0]}${partitions.length > 1 ? ", …" : ""}) but no ${METADATA_JOURNAL}: ` +
        "it was made by another program or the file is lost. Restore it from a backup, or use an empty directory; " +
        "nothing was changed",
    );
  }
  const state = new MetadataState();
  state.apply({ type: "cluster", clusterId: options.clusterId });
  const journal = await MetadataJournalFile.create(disk, path, state.operations());
  return ok(new EmbeddedMetadataStore(state, journal, options));
}

const PARTITION_DIRECTORY = /^[a-zA-Z0-9._-]{1,249}-\d+$/;

async function reopenStore(
  disk: Disk,
  path: string,
  bytes: Uint8Array,
  options: OpenMetadataStore,
): Promise<Result<MetadataStore, StoreError>> {
  const recovered = recoverJournal(bytes);
  if (!recovered.ok) {
    const { kind, message } = recovered.error;
    return refuse(kind, `${path} ${message}. ${kind === "damaged" ? DAMAGE_ADVICE : VERSION_ADVICE}`);
  }
  const replayed = replay(recovered.value);
  if (!replayed.ok)
    return refuse("damaged", `${path} contradicts itself: ${replayed.error}. ${DAMAGE_ADVICE}`);
  const state = replayed.value;
  if (state.clusterId !== options.clusterId) {
    return refuse(
      "foreign-directory",
      `${path} belongs to cluster ${state.clusterId}, but meta.properties beside it names ${options.clusterId}: the two ` +
        "were mixed up. Put back the file that belongs here; nothing was changed",
    );
  }
  const journal = await MetadataJournalFile.reopen(disk, path, recovered.value);
  const { tornBytes } = recovered.value;
  if (tornBytes > 0) {
    const message = `${tornBytes} bytes of a change that was never acknowledged were cut off ${METADATA_JOURNAL}`;
    options.logger.warn("metadata-journal-torn", message, { tornBytes });
  }
  return ok(new EmbeddedMetadataStore(state, journal, options));
}

function replay({ operations }: RecoveredJournal): Result<MetadataState, string> {
  const state = new MetadataState();
  for (const operation of operations) {
    const objection = state.objection(operation);
    if (objection !== null) return fail(objection);
    state.apply(operation);
  }
  return ok(state);
}

const DAMAGE_ADVICE = "Restore the file from a backup; nothing was changed";
const VERSION_ADVICE = "Start the newer version again, or use another data directory; nothing was changed";

function refuse(kind: StoreErrorKind, message: string): Result<never, StoreError> {
  return fail({ kind, message });
}
