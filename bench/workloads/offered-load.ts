import { batchOf } from "../load/batches.ts";
import { runLoad } from "../load/load-options.ts";
import type { MeasureContext } from "../suite/workload.ts";
import type { SystemName } from "../systems/system.ts";
import { DURABILITIES, type Durability, KIB, produceOptions } from "./kafka-load.ts";

/** What open loops send: the batch size that clients have by default, to one partition. */
export const OFFERED = {
  partitions: 1,
  recordBytes: KIB,
  batchBytes: 16 * KIB,
  connections: 4,
} as const;

/** The peer's maximum is what the load is a share of; Odradek's own without a peer. */
const REFERENCE_SYSTEMS: readonly SystemName[] = ["kafka", "odradek"];
const CALIBRATION_SECONDS = 2;

/** Maxima that were measured here because no workload of the run had, by the workload that would have. */
const calibrated = new Map<string, Maximum>();

export interface Maximum {
  readonly batchesPerSecond: number;
  /** Where the maximum comes from, for the report. */
  readonly source: string;
}

/** The closed-loop maximum that an open loop's rate is a share of: the same for every system of the run. */
export async function maximumOf(context: MeasureContext, durability: Durability): Promise<Maximum> {
  const reference = `ingest-1p/1KiB/16KiB/${DURABILITIES[durability].label}/${OFFERED.connections}-producers`;
  for (const system of REFERENCE_SYSTEMS) {
    const requestsPerSecond = context.earlier(reference, system)?.requestsPerSecond;
    if (requestsPerSecond !== undefined)
      return { batchesPerSecond: requestsPerSecond, source: `${system} in ${reference}` };
  }
  const known = calibrated.get(reference) ?? (await calibrate(context, durability));
  calibrated.set(reference, known);
  return known;
}

async function calibrate(context: MeasureContext, durability: Durability): Promise<Maximum> {
  const { broker, topic, loadCpus: cpus, signal } = context;
  const name = broker.system.name;
  context.report(`no ingest workload has run: measuring the maximum of ${name} first`);
  const options = produceOptions(context, { ...OFFERED, acks: DURABILITIES[durability].acks });
  const { operations, seconds } = await runLoad(
    "produce-load",
    { ...options, seconds: CALIBRATION_SECONDS, port: broker.port, topic },
    { cpus, signal },
  );
  return {
    batchesPerSecond: operations / seconds,
    source: `${name} in a closed loop of ${CALIBRATION_SECONDS} s`,
  };
}

export function offeredBatchBytes(): number {
  return batchOf(OFFERED.batchBytes, OFFERED.recordBytes).byteLength;
}
