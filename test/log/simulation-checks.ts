import type { Files } from "../../src/io/files.ts";
import type { OpenPartition, PartitionLog } from "../../src/log/partition-log.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { recordBatch } from "../../src/protocol/record-batch.ts";
import type { ManualClock } from "../support/manual-clock.ts";
import type { SeededRandom } from "../support/seeded-random.ts";
import type { SimulatedFiles } from "../support/simulated-files.ts";
import { append, batchOf, environmentOn, openLog, readSpan } from "./log-harness.ts";
import type { SimulationModel } from "./simulation-model.ts";

/** A batch as it stands in the log. */
interface FoundBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly maxTimestampMs: number;
  readonly bytes: Uint8Array;
}

type HowToOpen = (recoveryPoint: number | null) => OpenPartition;

/**
 * Opens what a power loss has left, and compares it with the model; the recovery itself may be struck again, `deep` times.
 * Returns how many crash points that were.
 */
export function verifySurvivor(
  disk: SimulatedFiles,
  model: SimulationModel,
  syncedOffset: number,
  howToOpen: HowToOpen,
  clock: ManualClock,
  random: SeededRandom,
  deep: number,
): number {
  let crashPoints = 1;
  const struck: SimulatedFiles[] = [];
  if (deep > 1) {
    disk.onChange = () => {
      if (random.oneIn(12)) struck.push(disk.crashed(random.below(2 ** 31)));
    };
  }
  const isPointKnown = model.recoveryPoint !== null && !random.oneIn(4);
  const recoveryPoint = isPointKnown ? Math.min(model.recoveryPoint!, syncedOffset) : null;
  const environment = environmentOn(disk, clock, { openSegmentsMax: 3, checkpointBytes: 1500 });
  const log = openLog(environment, howToOpen(recoveryPoint));
  disk.onChange = null;
  verifyLog(disk, log, model, syncedOffset, random);
  verifyRecoveredIsDurable(disk, log, howToOpen, clock, random);
  for (const survivor of struck) {
    crashPoints += verifySurvivor(survivor, model, syncedOffset, howToOpen, clock, random, deep - 1);
  }
  return crashPoints;
}

/** Every acknowledged batch is there byte for byte in order; nothing is there that was never written. */
export function verifyLog(
  disk: Files,
  log: PartitionLog,
  model: SimulationModel,
  syncedOffset: number,
  random: SeededRandom,
): void {
  const { logStartOffset, endOffset } = log.fields;
  if (endOffset < syncedOffset)
    throw new Error(`${syncedOffset} was acknowledged, the log ends at ${endOffset}`);
  const found = readAll(disk, log);
  if (found[0] !== undefined && found[0].baseOffset !== logStartOffset)
    throw new Error("the log start is no batch");
  if (logStartOffset > model.logStartOffset) throw new Error("records above the log start are gone");
  for (const batch of found) {
    if (!model.knows(batch.baseOffset, batch.bytes))
      throw new Error(`a batch at ${batch.baseOffset} was never written`);
  }
  const byOffset = new Map(found.map((batch) => [batch.baseOffset, batch]));
  for (const batch of model.batches) {
    if (batch.baseOffset < model.logStartOffset || batch.lastOffset >= syncedOffset) continue;
    const there = byOffset.get(batch.baseOffset);
    if (there === undefined || Buffer.compare(there.bytes, batch.bytes) !== 0) {
      throw new Error(`the acknowledged batch at ${batch.baseOffset} is not there as it was written`);
    }
  }
  verifyIndexes(log, found, random);
  verifyTimestamps(log, found, random);
  verifyDuplicates(log, found, random);
}

/** By fetching from the log start to the end. */
function readAll(disk: Files, log: PartitionLog): FoundBatch[] {
  const found: FoundBatch[] = [];
  const { logStartOffset, endOffset } = log.fields;
  for (let offset = logStartOffset; offset < endOffset; ) {
    const plan = log.planFetch(offset, 1024 * 1024, true, "log-end");
    if (plan.errorCode !== ErrorCode.NONE || plan.length === 0) {
      throw new Error(
        `a fetch at ${offset} brought ${plan.length} bytes and the error ${plan.errorCode}: ${log.failure?.message}`,
      );
    }
    const bytes = readSpan(disk, plan.fd, plan.position, plan.length);
    for (let at = 0; at < bytes.byteLength; ) {
      const length = recordBatch.length(bytes, at);
      const batch = bytes.slice(at, at + length);
      const baseOffset = recordBatch.baseOffset(batch, 0);
      if (baseOffset !== offset) throw new Error(`offset ${baseOffset} stands where ${offset} belongs`);
      if (recordBatch.crc(batch, 0) !== recordBatch.computeCrc(batch, 0))
        throw new Error("a corrupt batch was served");
      const lastOffset = recordBatch.lastOffset(batch, 0);
      found.push({
        baseOffset,
        lastOffset,
        maxTimestampMs: recordBatch.maxTimestamp(batch, 0),
        bytes: batch,
      });
      offset = lastOffset + 1;
      at += length;
    }
  }
  return found;
}

/** An offset leads to the batch that holds it. */
function verifyIndexes(log: PartitionLog, found: readonly FoundBatch[], random: SeededRandom): void {
  for (let round = 0; round < 4 && found.length > 0; round++) {
    const batch = random.pick(found);
    const offset = batch.baseOffset + random.below(batch.lastOffset - batch.baseOffset + 1);
    const plan = log.planFetch(offset, batch.bytes.byteLength, true, "log-end");
    if (plan.length !== batch.bytes.byteLength)
      throw new Error(`offset ${offset} led to another batch than its own`);
  }
}

function verifyTimestamps(log: PartitionLog, found: readonly FoundBatch[], random: SeededRandom): void {
  const readable = found.filter((batch) => batch.lastOffset < log.fields.highWatermark);
  if (readable.length === 0) return;
  const target = random.pick(readable).maxTimestampMs + random.below(3) - 1;
  const expected = readable.find((batch) => batch.maxTimestampMs >= target)?.baseOffset ?? -1;
  const answer = log.offsetForTimestamp(target).offset;
  if (answer !== expected) throw new Error(`time ${target} led to ${answer} instead of ${expected}`);
  const largest = Math.max(...readable.map((batch) => batch.maxTimestampMs));
  const newest = readable.find((batch) => batch.maxTimestampMs === largest)!.baseOffset;
  if (log.offsetOfMaxTimestamp().offset !== newest) {
    throw new Error(`the largest timestamp led to ${log.offsetOfMaxTimestamp().offset} instead of ${newest}`);
  }
}

/**
 * A producer that did not hear of its acknowledgement sends its last batch again, and is told the offset from before. (Of
 * batches before the last one a snapshot knows nothing: that is Kafka's format.)
 */
function verifyDuplicates(log: PartitionLog, found: readonly FoundBatch[], random: SeededRandom): void {
  const producerIds = found.map((batch) => recordBatch.producerId(batch.bytes, 0)).filter((id) => id >= 0);
  if (producerIds.length === 0) return;
  const producerId = random.pick(producerIds);
  const last = found.findLast((batch) => recordBatch.producerId(batch.bytes, 0) === producerId)!;
  const again = last.bytes.slice();
  const outcome = log.stage(again, 0, again.byteLength);
  if (!outcome.duplicate || outcome.baseOffset !== last.baseOffset) {
    throw new Error(
      `a batch sent again was not known: error ${outcome.errorCode}, offset ${outcome.baseOffset}`,
    );
  }
  log.commit();
}

/** What a recovery found is what it promises from then on: another power loss takes none of it. */
function verifyRecoveredIsDurable(
  disk: SimulatedFiles,
  log: PartitionLog,
  howToOpen: HowToOpen,
  clock: ManualClock,
  random: SeededRandom,
): void {
  const { endOffset, syncedOffset, highWatermark } = log.fields;
  if (syncedOffset !== endOffset || highWatermark !== endOffset)
    throw new Error("a recovered log is not all synced");
  append(log, batchOf(2, 400, clock.wallMs()));
  const survivor = disk.crashed(random.below(2 ** 31));
  const environment = environmentOn(survivor, clock, { openSegmentsMax: 3, checkpointBytes: 1500 });
  const reopened = openLog(environment, howToOpen(random.oneIn(2) ? endOffset : null));
  if (reopened.fields.endOffset < endOffset)
    throw new Error("what a recovery had found was lost by the next power loss");
}
