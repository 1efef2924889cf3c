import type { Admin, ClusterPartitionMetadata } from "@platformatic/kafka";

/** ListOffsets' names for the ends of a log. */
const TIMESTAMPS = { beginning: -2n, end: -1n } as const;

/** One end of the log of each partition in `numbers`, by partition. One request per leader. */
export async function offsetsOf(
  admin: Admin,
  topic: string,
  partitions: readonly ClusterPartitionMetadata[],
  numbers: readonly number[],
  end: keyof typeof TIMESTAMPS,
): Promise<Map<number, number>> {
  const offsets = new Map<number, number>();
  for (const ofLeader of Map.groupBy(numbers, (partition) => partitions[partition]!.leader).values()) {
    const asked = ofLeader.map((partitionIndex) => ({ partitionIndex, timestamp: TIMESTAMPS[end] }));
    const answers = await admin.listOffsets({ topics: [{ name: topic, partitions: asked }] });
    for (const answer of answers.flatMap((listed) => listed.partitions)) {
      offsets.set(answer.partitionIndex, Number(answer.offset));
    }
  }
  return offsets;
}
