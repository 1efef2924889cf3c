import { join } from "node:path";
import { writeCheckpoints, writeSparsePartition } from "../load/sparse-partition.ts";
import type { ProcessContext } from "../suite/workload.ts";

export interface SparseTopic {
  readonly topic: string;
  readonly bytes: number;
}

/**
 * Makes a broker's data directory that holds topics of one partition each with sparse logs. The broker itself makes the
 * topics and stops cleanly; then the files of their partitions are replaced. Nothing of them is older than a retention.
 */
export async function makeSparseData(
  context: ProcessContext,
  dataDirectory: string,
  topics: readonly SparseTopic[],
): Promise<{ readonly firstTimestampMs: number }> {
  {
    await using broker = await context.start({ dataDirectory });
    for (const { topic } of topics) await broker.createTopic(topic, 1, { "retention.ms": "-1" });
  }
  const firstTimestampMs = Date.now() - 24 * 3600 * 1000;
  const checkpoints: { topic: string; endOffset: number }[] = [];
  for (const { topic, bytes } of topics) {
    context.report(`writing ${topic}`);
    const directory = join(dataDirectory, `${topic}-0`);
    const writing = writeSparsePartition({ directory, bytes, firstTimestampMs });
    for (let step = writing.next(); ; step = writing.next()) {
      if (step.done === true) {
        checkpoints.push({ topic, endOffset: step.value.endOffset });
        break;
      }
      context.signal.throwIfAborted();
      await Bun.sleep(0);
    }
  }
  writeCheckpoints(dataDirectory, checkpoints);
  return { firstTimestampMs };
}
