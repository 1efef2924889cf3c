import { type Connection, createAPI, fetchV12, type Reader } from "@platformatic/kafka";
import { ApiKey } from "../protocol/api-keys.ts";

/** Bytes of one response, over all partitions and per partition; a larger first batch comes all the same. */
export const FETCH_BYTES_MAX = 8 * 1024 * 1024;
export const FETCH_PARTITION_BYTES_MAX = 1024 * 1024;

export interface FetchTarget {
  readonly partition: number;
  readonly offset: number;
}

export interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  /** Record batches as they lie in the log; the last one may be cut. */
  readonly records: Uint8Array;
}

/**
 * Fetch by partition and offset, without a consumer group: the client library's request (version 12, which names topics)
 * with a parser of our own. The library's own decodes records, but not snappy in the framing of Java's clients, and
 * drops the data of all partitions when one of them answers with an error.
 */
export async function fetchRecords(
  connection: Connection,
  topic: string,
  targets: readonly FetchTarget[],
  waitMsMax: number,
): Promise<FetchedPartition[]> {
  const partitions = targets.map(({ partition, offset }) => ({
    partition,
    currentLeaderEpoch: -1,
    fetchOffset: BigInt(offset),
    lastFetchedEpoch: -1,
    partitionMaxBytes: FETCH_PARTITION_BYTES_MAX,
  }));
  const topics = [{ topicId: topic, partitions }];
  return fetch.async(
    connection,
    waitMsMax,
    1,
    FETCH_BYTES_MAX,
    READ_UNCOMMITTED,
    0,
    NO_SESSION,
    topics,
    [],
    "",
  );
}

const FETCH_VERSION = 12;
const READ_UNCOMMITTED = 0;
const NO_SESSION = -1;

const fetch = createAPI<Parameters<typeof fetchV12.createRequest>, FetchedPartition[]>(
  ApiKey.FETCH,
  FETCH_VERSION,
  fetchV12.createRequest,
  (_correlationId, _apiKey, _apiVersion, reader) => readFetchResponse(reader),
);

/**
 * The body of Fetch version 12: throttle time int32, error int16, session int32, then topics of partitions, all compact.
 * An error of the whole response is given to each partition, or to partition -1 when there is none.
 */
export function readFetchResponse(reader: Reader): FetchedPartition[] {
  reader.readInt32();
  const errorCode = reader.readInt16();
  reader.readInt32();
  const partitions = reader
    .readArray((topicReader) => {
      topicReader.readString();
      return topicReader.readArray(readPartition);
    })
    .flat();
  if (errorCode === 0) return partitions;
  return [{ partition: -1, errorCode, records: new Uint8Array(0) }];
}

function readPartition(reader: Reader): FetchedPartition {
  const partition = reader.readInt32();
  const errorCode = reader.readInt16();
  reader.readInt64();
  reader.readInt64();
  reader.readInt64();
  reader.readNullableArray((aborted) => [aborted.readInt64(), aborted.readInt64()]);
  reader.readInt32();
  const records = reader.readNullableBytes() ?? new Uint8Array(0);
  return { partition, errorCode, records };
}
