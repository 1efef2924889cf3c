const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * What a broker is asked to do. Its rate is in batches a second where something is taken in, else in fetches a second,
 * else in consumers.
 */
export interface Scenario {
  readonly name: string;
  readonly partitions: number;
  readonly ingest?: {
    readonly batchBytes: number;
    readonly batchesPerRequest: number;
    /** Requests that each connection keeps under way. */
    readonly inFlight: number;
  };
  readonly fetch?: {
    readonly responseBytes: number;
    /** Bytes out for each byte in, where both happen. */
    readonly fanOut: number;
  };
  /** Consumers at the end of quiet partitions. */
  readonly idle?: { readonly pollsPerSecond: number };
}

/** How many consumers the idle scenario is about; its limit is stated as a number of consumers. */
export const IDLE_CONSUMERS = 5000;

const ingest = (batchBytes: number, batchesPerRequest = 1) => ({
  batchBytes,
  batchesPerRequest,
  inFlight: 5,
});

export const SCENARIOS: readonly Scenario[] = [
  { name: "ingest, 64 KiB batches, 1 partition", partitions: 1, ingest: ingest(64 * KIB) },
  { name: "ingest, 64 KiB batches, 4 partitions", partitions: 4, ingest: ingest(64 * KIB) },
  { name: "ingest, 16 KiB batches, 12 partitions", partitions: 12, ingest: ingest(16 * KIB) },
  { name: "the same, 12 batches a request", partitions: 12, ingest: ingest(16 * KIB, 12) },
  { name: "ingest, one 1 KiB record a request, 12 partitions", partitions: 12, ingest: ingest(KIB) },
  { name: "hot fetch of 1 MiB, 12 partitions", partitions: 12, fetch: { responseBytes: MIB, fanOut: 1 } },
  {
    name: "64 KiB batches in, 3 × out by 1 MiB, 12 partitions",
    partitions: 12,
    ingest: ingest(64 * KIB),
    fetch: { responseBytes: MIB, fanOut: 3 },
  },
  { name: "idle consumers, two polls a second each", partitions: 10, idle: { pollsPerSecond: 2 } },
];
