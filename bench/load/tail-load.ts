import { batchOf } from "./batches.ts";
import { endOffsets, recordsIn } from "./bench-topic.ts";
import { ConsumerFleet } from "./consumer-fleet.ts";
import { loadOptions } from "./load-options.ts";
import { reportResult } from "./load-process.ts";

/** One consumer for each partition that follows the producers from now on, for a time. Prints one line of JSON. */
export interface TailOptions {
  readonly port: number;
  readonly topic: string;
  readonly partitions: number;
  /** As the producer's: all batches are alike. */
  readonly batchBytes: number;
  readonly seconds: number;
}

export interface TailResult {
  readonly records: number;
  readonly polls: number;
  readonly cpuSeconds: number;
}

const MAX_WAIT_MS = 500;

const options = loadOptions<TailOptions>();
const batch = batchOf(options.batchBytes);
const ends = await endOffsets(options.port, options.topic, options.partitions);
let records = 0;
const fleet = new ConsumerFleet(
  {
    port: options.port,
    topic: options.topic,
    maxWaitMs: MAX_WAIT_MS,
    batchBytes: batch.byteLength,
    recordsPerBatch: recordsIn(batch),
  },
  {
    delivered: (_, fromOffset, endOffset) => {
      records += endOffset - fromOffset;
    },
    failed: (error) => {
      process.stderr.write(`${error.stack ?? error.message}\n`);
      process.exit(1);
    },
  },
);
for (const [partition, end] of ends.entries()) await fleet.add(partition, end);
await Bun.sleep(options.seconds * 1000);
fleet[Symbol.dispose]();
const { user, system } = process.cpuUsage();
const result: TailResult = { records, polls: fleet.polls, cpuSeconds: (user + system) / 1e6 };
reportResult(result);
