import type { Workload } from "../suite/workload.ts";
import {
  createTopic,
  DURABILITIES,
  type Durability,
  GIB,
  KAFKA_SYSTEMS,
  KIB,
  MIB,
  measureLoad,
  produceOptions,
  warmupSecondsOf,
} from "./kafka-load.ts";

export interface IngestShape {
  readonly family: string;
  /** What tells it from the others of its family. */
  readonly name: string;
  readonly partitions: number;
  readonly recordBytes: number;
  readonly batchBytes: number;
  readonly producers: number;
  readonly durability: Durability;
  readonly isKeyed?: boolean;
  readonly isShort?: boolean;
}

const PARTITIONS = [1, 12];
const RECORD_BYTES = [100, KIB];
const BATCH_BYTES = [16 * KIB, 64 * KIB, MIB];
const PRODUCERS = [1, 4];
/** Of the one record in a request. */
const UNBATCHED_BYTES = 100;

/** Every setting of the table, and the headline sizes again with the brokers' defaults. */
export const INGEST: readonly Workload[] = [
  ...PARTITIONS.flatMap((partitions) =>
    RECORD_BYTES.flatMap((recordBytes) =>
      BATCH_BYTES.flatMap((batchBytes) =>
        PRODUCERS.flatMap((producers) =>
          (["page cache", "disk"] as const).map((durability) =>
            matrix({ partitions, recordBytes, batchBytes, producers, durability }),
          ),
        ),
      ),
    ),
  ),
  ...PARTITIONS.flatMap((partitions) =>
    BATCH_BYTES.map((batchBytes) =>
      matrix({ partitions, recordBytes: KIB, batchBytes, producers: 4, durability: "defaults" }),
    ),
  ),
  ingest({
    family: "ingest-keyed",
    name: "12p/1KiB/16KiB/acks=1/50-producers",
    partitions: 12,
    recordBytes: KIB,
    batchBytes: 16 * KIB,
    producers: 50,
    durability: "page cache",
    isKeyed: true,
  }),
  ...[1, 100].map((producers) =>
    ingest({
      family: "ingest-unbatched",
      name: `1p/100B/acks=1/${producers}-producer${producers > 1 ? "s" : ""}`,
      partitions: 1,
      recordBytes: UNBATCHED_BYTES,
      batchBytes: 0,
      producers,
      durability: "page cache",
      isShort: producers > 1,
    }),
  ),
];

function matrix(shape: Omit<IngestShape, "family" | "name">): Workload {
  const { partitions, recordBytes, batchBytes, producers, durability } = shape;
  const name = [
    sizeName(recordBytes),
    sizeName(batchBytes),
    DURABILITIES[durability].label,
    `${producers}-producer${producers > 1 ? "s" : ""}`,
  ].join("/");
  const isHeadline = recordBytes === KIB && producers === 4;
  const isShort =
    isHeadline &&
    !(partitions > 1 && batchBytes > 64 * KIB) &&
    (durability === "page cache" || (durability === "disk" && batchBytes === 64 * KIB && partitions === 1));
  return ingest({ ...shape, family: `ingest-${partitions}p`, name, isShort });
}

/** The closed loop: every producer keeps five requests in flight, one batch in each, partitions in turn. */
export function ingest(shape: IngestShape): Workload {
  const { partitions, recordBytes, batchBytes, producers, isKeyed = false } = shape;
  const { acks, acknowledged, meaning, settings } = DURABILITIES[shape.durability];
  const what = batchBytes === 0 ? "One record a request" : `${sizeName(batchBytes)} batches, one a request`;
  return {
    kind: "load",
    name: `${shape.family}/${shape.name}`,
    family: shape.family,
    description:
      `${what}, ${isKeyed ? "keyed " : ""}records of ${recordBytes} B, ${producers} connection(s) with five ` +
      `requests in flight each, ${partitions} partition(s); ${meaning}. Counted are bytes of batches that were ` +
      "acknowledged in the measured stretch.",
    acknowledged,
    systems: KAFKA_SYSTEMS,
    isShort: shape.isShort ?? false,
    controls: controlsOf(batchBytes),
    headline: batchBytes === 0 ? "messagesPerSecond" : "megabytesPerSecond",
    settings,
    expectedSeconds: (seconds, warmupSeconds) => seconds + warmupSecondsOf(warmupSeconds, partitions) + 0.5,
    measure: async (context) => {
      await createTopic(context, partitions);
      return await measureLoad(
        context,
        "produce-load",
        produceOptions(context, {
          partitions,
          recordBytes,
          batchBytes,
          acks,
          connections: producers,
          isKeyed,
        }),
      );
    },
  };
}

/** A request without a batch to speak of is held against the generator alone. */
function controlsOf(batchBytes: number): NonNullable<Workload["controls"]> {
  if (batchBytes === 0) return [{ name: "null-server", blockBytes: UNBATCHED_BYTES }];
  return (["bare-tcp", "bare-pwrite"] as const).map((name) => ({ name, blockBytes: batchBytes }));
}

export function sizeName(bytes: number): string {
  if (bytes >= GIB) return `${bytes / GIB}GiB`;
  if (bytes >= MIB) return `${bytes / MIB}MiB`;
  return bytes >= KIB ? `${bytes / KIB}KiB` : `${bytes}B`;
}
