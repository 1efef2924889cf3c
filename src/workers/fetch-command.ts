import { FETCH_FLAG } from "../io/partition-messages.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { Duty } from "./duty.ts";
import type { HostedPartition } from "./hosted-partition.ts";

/**
 * FETCH: turns an offset into a pinned span of resident file bytes, at once or when the disk has brought them. Worker
 * thread.
 */
export function runFetch(
  { commands, completions, environment, coldReads, partitions }: Duty,
  partition: HostedPartition | undefined,
  request: number,
  at: number,
): void {
  if (partition === undefined) {
    return completions.fetched(request, ErrorCode.NOT_LEADER_OR_FOLLOWER, -1, -1, 0, 0, false);
  }
  const bytesMax = commands.i32[(at >> 2) + 2]!;
  const flags = commands.i32[(at >> 2) + 3]!;
  const offset = commands.f64[(at >> 3) + 2]!;
  const isolation = (flags & FETCH_FLAG.LAST_STABLE) !== 0 ? "last-stable" : "high-watermark";
  const { log } = partition;
  const plan = log.planFetch(offset, bytesMax, (flags & FETCH_FLAG.MIN_ONE_BATCH) !== 0, isolation);
  if (plan.errorCode !== ErrorCode.NONE || plan.length === 0) {
    // The read may have found that the log cannot go on.
    if (log.failure !== null) partition.publish();
    return completions.fetched(request, plan.errorCode, -1, -1, 0, 0, false);
  }
  // Others plan while this one waits for the disk.
  const { slot, fd, position, length, isCutShort } = plan;
  environment.pins.pin(slot);
  const cold = log.coldRange(plan);
  if (cold === null) {
    return completions.fetched(request, ErrorCode.NONE, slot, fd, position, length, isCutShort);
  }
  coldReads.read(cold, slot, (systemCode) => {
    if (systemCode === null) {
      completions.fetched(request, ErrorCode.NONE, slot, fd, position, length, isCutShort);
    } else {
      environment.pins.unpin(slot);
      completions.fetched(request, log.readFailed(systemCode), -1, -1, 0, 0, false);
      // Deleted meanwhile, its place in shared memory is another partition's.
      const isHosted = partitions[partition.index] === partition;
      if (isHosted && log.failure !== null) partition.publish();
    }
    completions.publish();
  });
}

/** PLAN_AHEAD: pins the file of the spans that a sequential reader will ask for next. Worker thread. */
export function runPlanAhead(
  { commands, completions, environment }: Duty,
  partition: HostedPartition | undefined,
  request: number,
  at: number,
): void {
  if (partition === undefined) return completions.nothingAhead(request);
  const plan = partition.log.planAhead(commands.f64[(at >> 3) + 2]!, commands.i32[(at >> 2) + 2]!);
  // The read may have found that the log cannot go on.
  if (partition.log.failure !== null) partition.publish();
  if (plan.count === 0) return completions.nothingAhead(request);
  environment.pins.pin(plan.slot);
  completions.plannedAhead(request, plan);
}
