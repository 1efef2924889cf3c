import { FETCH_FLAG } from "../io/partition-messages.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { Duty } from "./duty.ts";
import type { HostedPartition } from "./hosted-partition.ts";

/** FETCH: turns an offset into a pinned span of resident file bytes. Worker thread. */
export function runFetch(
  { commands, completions, environment }: Duty,
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
  const plan = partition.log.planFetch(offset, bytesMax, (flags & FETCH_FLAG.MIN_ONE_BATCH) !== 0, isolation);
  const errorCode =
    plan.errorCode === ErrorCode.NONE && plan.length > 0 ? partition.log.makeResident(plan) : plan.errorCode;
  if (errorCode !== ErrorCode.NONE || plan.length === 0) {
    // The read may have found that the log cannot go on.
    if (partition.log.failure !== null) partition.publish();
    return completions.fetched(request, errorCode, -1, -1, 0, 0, false);
  }
  environment.pins.pin(plan.slot);
  completions.fetched(
    request,
    ErrorCode.NONE,
    plan.slot,
    plan.fd,
    plan.position,
    plan.length,
    plan.isCutShort,
  );
}
