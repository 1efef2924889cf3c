import type { Workload } from "../suite/workload.ts";
import { sizeName } from "./ingest.ts";
import {
  DURABILITIES,
  fillTopic,
  GIB,
  KAFKA_SYSTEMS,
  KIB,
  MIB,
  measureLoad,
  warmupSecondsOf,
} from "./kafka-load.ts";

const BATCH_BYTES = 64 * KIB;
const CONTROL_BLOCK_BYTES = MIB;
/** Of one fetch: what clients ask for by default, and what a consumer that is tuned for throughput does. */
const FETCH_BYTES_MAX = [MIB, 8 * MIB];
const CONSUMERS = [1, 8];
/** What is read over and over; the small one for a suite of minutes. */
const SIZES = [512 * MIB, 4 * GIB];
/** About; for the progress bar. */
const FILL_BYTES_PER_SECOND = 500e6;

export const FETCH_HOT: readonly Workload[] = SIZES.flatMap((bytes) =>
  CONSUMERS.flatMap((consumers) =>
    FETCH_BYTES_MAX.map((fetchBytesMax) => fetchHot({ bytes, consumers, fetchBytesMax })),
  ),
);

interface FetchHotShape {
  /** Of the topic, all partitions together. */
  readonly bytes: number;
  /** Each has a partition of its own. */
  readonly consumers: number;
  readonly fetchBytesMax: number;
}

/** Everything is read once before the measured stretch: it is then in the page cache, whatever the broker drops. */
function fetchHot({ bytes, consumers, fetchBytesMax }: FetchHotShape): Workload {
  const size = sizeName(bytes);
  const plural = consumers > 1 ? "s" : "";
  return {
    kind: "load",
    name: `fetch-hot/${size}/${consumers}-consumer${plural}/by-${sizeName(fetchBytesMax)}`,
    family: "fetch-hot",
    description:
      `${consumers} consumer(s), each with a partition of its own and one fetch of at most ${sizeName(fetchBytesMax)} ` +
      `in flight, read ${size} of 64 KiB batches over and over, after everything was read once. Counted are bytes of ` +
      "whole batches.",
    acknowledged: "not applicable",
    systems: KAFKA_SYSTEMS,
    isShort: bytes === SIZES[0] && consumers === 1,
    controls: [
      { name: "bare-sendfile", blockBytes: CONTROL_BLOCK_BYTES },
      { name: "sendfile-answers", blockBytes: fetchBytesMax, connections: consumers },
    ],
    headline: "megabytesPerSecond",
    settings: DURABILITIES["page cache"].settings,
    expectedSeconds: (seconds, warmupSeconds) =>
      seconds + warmupSeconds + bytes / FILL_BYTES_PER_SECOND + 0.5,
    measure: async (context) => {
      const filled = await fillTopic(context, { partitions: consumers, bytes, batchBytes: BATCH_BYTES });
      return await measureLoad(context, "fetch-load", {
        ...filled,
        consumers,
        partitionBytesMax: fetchBytesMax,
        warmupSeconds: warmupSecondsOf(context.warmupSeconds, 1),
        seconds: context.seconds,
      });
    },
  };
}
