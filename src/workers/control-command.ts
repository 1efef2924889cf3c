import type { TopicConfig } from "../config/topic-config.ts";
import { CONTROL } from "../io/partition-messages.ts";
import { PARTITION_STATUS } from "../io/partition-state.ts";
import { beginPartitionDeletion } from "../log/partition-deletion.ts";
import { type OpenPartition, PartitionLog } from "../log/partition-log.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { removeInBackground } from "./background-removal.ts";
import type { Duty } from "./duty.ts";
import { HostedPartition } from "./hosted-partition.ts";

const decoder = new TextDecoder();

/** CONTROL: the life cycle of a partition on this thread. Worker thread. */
export function runControl(
  duty: Duty,
  partition: HostedPartition | undefined,
  request: number,
  at: number,
): void {
  const { i32, u8 } = duty.commands;
  const index = i32[(at >> 2) + 1]!;
  const kind = i32[(at >> 2) + 2]!;
  const length = i32[(at >> 2) + 3]!;
  const body: unknown = JSON.parse(decoder.decode(u8.slice(at + 16, at + 16 + length)));
  if (kind === CONTROL.OPEN) return open(duty, index, request, body as OpenPartition);
  if (kind === CONTROL.SHUTDOWN) return shutDown(duty, request);
  if (partition === undefined) {
    // Never opened (its directory is damaged, say): there is nothing to close, and nothing may be deleted unseen.
    return duty.completions.controlDone(request, ErrorCode.NONE, null);
  }
  if (kind === CONTROL.CONFIGURE) {
    partition.log.updateConfig(body as TopicConfig);
    return duty.completions.controlDone(request, ErrorCode.NONE, null);
  }
  // Both wait for the sync in flight, so they end in a later turn.
  duty.track(kind === CONTROL.DELETE ? remove(duty, partition, request) : close(duty, partition, request));
}

function open(duty: Duty, index: number, request: number, opening: OpenPartition): void {
  const state = duty.stateOf(index);
  const opened = PartitionLog.open(duty.environment, opening);
  if (!opened.ok) {
    state.setStatus(PARTITION_STATUS.OFFLINE);
    return duty.completions.controlDone(request, ErrorCode.KAFKA_STORAGE_ERROR, opened.error.message);
  }
  const name = `${opening.topic}-${opening.partition}`;
  const partition = new HostedPartition(
    index,
    name,
    opened.value,
    state,
    duty.completions,
    duty.jobs,
    duty.logger,
    duty.clock,
  );
  duty.partitions[index] = partition;
  partition.startSync();
  duty.completions.controlDone(request, ErrorCode.NONE, null);
}

async function close(duty: Duty, partition: HostedPartition, request: number): Promise<void> {
  await partition.quiesce();
  duty.partitions[partition.index] = undefined;
  const closed = partition.log.close();
  partition.publish();
  if (closed.ok) duty.completions.controlDone(request, ErrorCode.NONE, null);
  else duty.completions.controlDone(request, ErrorCode.KAFKA_STORAGE_ERROR, closed.error.message);
  duty.completions.publish();
}

async function remove(duty: Duty, partition: HostedPartition, request: number): Promise<void> {
  // In this order: the last sync publishes its state, and would bring the partition back to life.
  await partition.quiesce();
  partition.markDeleted();
  duty.partitions[partition.index] = undefined;
  partition.log.abandon();
  const begun = beginPartitionDeletion(duty.environment.files, partition.log.directory);
  if (begun.ok) {
    duty.completions.controlDone(request, ErrorCode.NONE, null);
    duty.track(removeInBackground(begun.value, duty.logger));
  } else {
    duty.completions.controlDone(request, ErrorCode.KAFKA_STORAGE_ERROR, begun.error.message);
  }
  duty.completions.publish();
}

function shutDown(duty: Duty, request: number): void {
  duty.stop();
  duty.completions.controlDone(request, ErrorCode.NONE, null);
}
