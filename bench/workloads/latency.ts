import type { Workload } from "../suite/workload.ts";
import { createTopic, DURABILITIES, KAFKA_SYSTEMS } from "./kafka-load.ts";
import { maximumOf } from "./offered-load.ts";
import { generatorRemark, pacedCurve, pacedMetrics, pacedRemarks, runPaced } from "./paced.ts";

const SHARES = [10, 50, 80];
const SHORT_SHARE = 50;
const CONTROL_BLOCK_BYTES = 16 * 1024;

/** After ingest, whose maxima the offered loads are shares of. */
export const LATENCY: readonly Workload[] = (["page cache", "disk"] as const).flatMap((durability) =>
  SHARES.map((percent) => latency(durability, percent)),
);

function latency(durability: "page cache" | "disk", percent: number): Workload {
  const { acks, acknowledged, label, meaning, settings } = DURABILITIES[durability];
  return {
    kind: "load",
    name: `latency/${label}/${percent}%`,
    family: "latency",
    description:
      `Open loop of 16 KiB batches of 1 KiB records to one partition on four connections, at ${percent} % of the ` +
      "maximum of the closed loop (Kafka's when it is measured, else Odradek's); from the intended send to the " +
      `acknowledgement, so that waiting in the sender counts; ${meaning}.`,
    acknowledged,
    systems: KAFKA_SYSTEMS,
    isShort: durability === "page cache" && percent === SHORT_SHARE,
    ...(durability === "disk"
      ? { controls: [{ name: "append-sync" as const, blockBytes: CONTROL_BLOCK_BYTES }] }
      : {}),
    headline: "latencyP99Ms",
    settings,
    expectedSeconds: (seconds, warmupSeconds) => seconds + warmupSeconds + 1,
    measure: async (context) => {
      await createTopic(context, 1);
      const maximum = await maximumOf(context, durability);
      context.broker.resetPeak();
      const batchesPerSecond = (maximum.batchesPerSecond * percent) / 100;
      const generator = await generatorRemark(context, batchesPerSecond);
      const result = await runPaced(context, {
        batchesPerSecond,
        acks,
        warmupSeconds: context.warmupSeconds,
      });
      return {
        metrics: pacedMetrics(result, context),
        curves: [pacedCurve(`${percent} % load`, result)],
        remarks: [`${percent} % of the maximum of ${maximum.source}`, ...generator, ...pacedRemarks(result)],
      };
    },
  };
}
