const KIB = 1024;
const MIB = 1024 * KIB;

/** One row of the design: what is sent, and whether it helps to fit the coefficients or only checks them. */
export interface Design {
  readonly kind: "ingest" | "sync" | "fetch";
  readonly partitions: number;
  /** Of a batch; of a response for a fetch. */
  readonly bytes: number;
  readonly batchesPerRequest?: number;
  readonly connections?: number;
  readonly inFlight?: number;
  readonly isHeldOut?: boolean;
}

/** As the ingest workloads of the suite. */
export const CONNECTIONS = 4;
export const IN_FLIGHT = 5;
export const FETCHED_BATCH_BYTES = 64 * KIB;

const RESPONSE_BYTES = [64 * KIB, MIB, 8 * MIB];

/** What shares a topic follows each other: its partition threads are warm. What leaves most to write back comes last. */
export const INGEST_FEW: readonly Design[] = [
  ...ingest(1, KIB, 16 * KIB, 64 * KIB),
  { ...ingestOf(1, KIB), connections: 100, inFlight: 1 },
  { ...ingestOf(1, 256 * KIB), isHeldOut: true },
  ...ingest(1, MIB),
  ...ingest(4, KIB, 16 * KIB, 64 * KIB),
  { ...ingestOf(4, KIB), connections: 100, inFlight: 1, isHeldOut: true },
  { ...ingestOf(4, 32 * KIB), isHeldOut: true },
  ...ingest(4, MIB),
];

export const INGEST_MANY: readonly Design[] = [
  ...ingest(12, KIB, 16 * KIB),
  { ...ingestOf(12, KIB), batchesPerRequest: 12 },
  { ...ingestOf(12, 16 * KIB), batchesPerRequest: 12 },
  { ...ingestOf(12, 32 * KIB), isHeldOut: true },
  ...ingest(12, 64 * KIB),
  { ...ingestOf(12, 64 * KIB), batchesPerRequest: 12, isHeldOut: true },
  ...ingest(12, MIB),
];

export const FETCH: readonly Design[] = [1, 4].flatMap((partitions) => [
  ...RESPONSE_BYTES.map((bytes): Design => ({ kind: "fetch", partitions, bytes })),
  { kind: "fetch", partitions, bytes: 256 * KIB, isHeldOut: true },
]);

/** With the broker's defaults: an acknowledgement waits for the disk. */
export const SYNC: readonly Design[] = [
  { kind: "sync", partitions: 1, bytes: 16 * KIB },
  { kind: "sync", partitions: 1, bytes: MIB },
  { kind: "sync", partitions: 4, bytes: 64 * KIB },
];

/** Polls of consumers that are up to date. */
export const IDLE = { consumers: 1000, partitions: 10, waitsMs: [500, 30_000] } as const;

/** Rows whose system calls are counted, apart from the rest. */
export const COUNTED: readonly Design[] = [
  ...ingest(1, KIB, 64 * KIB, MIB),
  ...ingest(12, 16 * KIB),
  { kind: "fetch", partitions: 1, bytes: MIB },
];

function ingest(partitions: number, ...sizes: number[]): Design[] {
  return sizes.map((bytes) => ingestOf(partitions, bytes));
}

function ingestOf(partitions: number, bytes: number): Design {
  return { kind: "ingest", partitions, bytes };
}

/** `ingest 12p 16KiB`, `ingest 12p 16KiB x12`, `fetch 1p 8MiB`, `ingest 1p 1KiB 100c`. */
export function nameOf({ kind, partitions, bytes, batchesPerRequest = 1, connections }: Design): string {
  const size = bytes >= MIB ? `${bytes / MIB}MiB` : `${bytes / KIB}KiB`;
  const many = batchesPerRequest > 1 ? ` x${batchesPerRequest}` : "";
  return `${kind} ${partitions}p ${size}${many}${connections === undefined ? "" : ` ${connections}c`}`;
}
