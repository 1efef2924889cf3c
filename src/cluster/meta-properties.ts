import { join } from "node:path";
import { fail, ok, type Result } from "../base/result.ts";
import { formatProperties, parseProperties } from "../config/properties-file.ts";
import { type Disk, diskErrorCode, nodeDisk, replaceFile } from "./disk.ts";
import { randomKafkaUuid } from "./kafka-uuid.ts";
import type { StoreError, StoreErrorKind } from "./metadata-store.ts";
import { METADATA_JOURNAL } from "./open-metadata-store.ts";

/** Kafka's name for it; its tools look for it. */
export const META_PROPERTIES = "meta.properties";
/** Of the file's own layout, Kafka's number. */
const META_PROPERTIES_VERSION = 1;

/** Whose data directory this is. */
export interface MetaProperties {
  readonly clusterId: string;
  readonly nodeId: number;
  readonly directoryId: string;
}

/**
 * Reads the stamp of a data directory that this process has locked; the first time, writes one with a new cluster id. A
 * directory of a newer version or of another node is refused in one line. Main thread, at start.
 */
export async function openMetaProperties(
  directory: string,
  nodeId: number,
  disk: Disk = nodeDisk,
): Promise<Result<MetaProperties, StoreError>> {
  const path = join(directory, META_PROPERTIES);
  try {
    const bytes = await disk.read(path);
    if (bytes !== null) return checkMetaProperties(path, new TextDecoder().decode(bytes), nodeId);
    if ((await disk.list(directory)).includes(METADATA_JOURNAL)) {
      return refuse("damaged", `${path} is missing beside ${METADATA_JOURNAL}: restore it from a backup`);
    }
    const properties = { clusterId: randomKafkaUuid(), nodeId, directoryId: randomKafkaUuid() };
    await replaceFile(disk, path, new TextEncoder().encode(formatMetaProperties(properties)));
    return ok(properties);
  } catch (error) {
    return refuse(
      "storage",
      `${path} cannot be opened (${diskErrorCode(error)}): check the disk and its permissions`,
    );
  }
}

/** Pure. */
export function formatMetaProperties({ clusterId, nodeId, directoryId }: MetaProperties): string {
  return formatProperties("Which broker this data directory belongs to. Do not edit.", [
    ["cluster.id", clusterId],
    ["directory.id", directoryId],
    ["node.id", String(nodeId)],
    ["version", String(META_PROPERTIES_VERSION)],
  ]);
}

/** Pure. */
export function checkMetaProperties(
  path: string,
  text: string,
  nodeId: number,
): Result<MetaProperties, StoreError> {
  const values = new Map(parseProperties(text).map(({ key, value }) => [key, value.trim()]));
  const version = Number(values.get("version") ?? Number.NaN);
  if (version > META_PROPERTIES_VERSION) {
    return refuse(
      "newer-version",
      `${path} was written by a newer version (${version}; this one knows ${META_PROPERTIES_VERSION}): start that ` +
        "version again, or use another data directory",
    );
  }
  const clusterId = values.get("cluster.id");
  const storedNodeId = Number(values.get("node.id") ?? Number.NaN);
  if (version !== META_PROPERTIES_VERSION || !clusterId || !Number.isSafeInteger(storedNodeId)) {
    return refuse(
      "damaged",
      `${path} is not complete: it needs version=1, cluster.id and node.id. Restore it`,
    );
  }
  if (storedNodeId !== nodeId) {
    return refuse(
      "foreign-directory",
      `${path} belongs to node ${storedNodeId}, not ${nodeId}: set node.id=${storedNodeId}, or use another data directory`,
    );
  }
  return ok({ clusterId, nodeId, directoryId: values.get("directory.id") ?? "" });
}

function refuse(kind: StoreErrorKind, message: string): Result<never, StoreError> {
  return fail({ kind, message });
}
