import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { BrokerUnderTest } from "./broker-under-test.ts";
import { run as bareWrite } from "./controls/bare-pwrite.ts";
import { run as bareSendfile } from "./controls/bare-sendfile.ts";
import { run as bareTcp } from "./controls/bare-tcp.ts";
import { batchOf } from "./load/batches.ts";
import { createTopic, endOffsets, recordsIn } from "./load/bench-topic.ts";
import { type LoadResult, runLoad } from "./load/load-options.ts";
import { stealMeter } from "./load/process-cpu.ts";
import { formatSpread, spreadOf } from "./suite/statistics.ts";

/**
 * Ingest and hot fetch beside their controls, round by round in one run: only the ratios of one run count, the
 * machine's own speed drifts. `--rounds`, `--seconds`, `--only <part of a name>`,
 * `--partitions 1,4`, `--producers 4`, `--acks 1`.
 */
const KIB = 1024;
const BATCH_BYTES = [16 * KIB, 64 * KIB, 1024 * KIB];
const PARTITIONS = [1, 4];
/** Written before a hot fetch is measured; fits the page cache of a small machine. */
const HOT_BYTES = 512 * KIB * KIB;
/** Of one fetch: what clients ask for by default, and what a consumer that is tuned for throughput does. */
const FETCH_BYTES_MAX = [1024 * KIB, 8 * 1024 * KIB];
/** Java's default, and the most that an idempotent producer may have. */
const IN_FLIGHT = 5;
const CONTROL_BLOCK_BYTES = 1024 * KIB;
const GB = 1e9;

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    only: { type: "string", default: "" },
    partitions: { type: "string", default: PARTITIONS.join(",") },
    acks: { type: "string", default: "1" },
    producers: { type: "string", default: "4" },
  },
});
const rounds = Number(flags.rounds);
const seconds = Number(flags.seconds);
const root = mkdtempSync(join(tmpdir(), "odradek-bench-"));

interface Measured {
  readonly megabytesPerSecond: number;
  /** The control's, of the same round. */
  readonly controlMegabytesPerSecond: number;
  readonly brokerCpuSecondsPerGigabyte: number;
  readonly residentMegabytes: number;
}

interface Workload {
  readonly name: string;
  readonly round: () => Promise<Measured>;
}

function workloads(): Workload[] {
  const partitionCounts = flags.partitions.split(",").map(Number);
  return BATCH_BYTES.flatMap((batchBytes) =>
    partitionCounts.flatMap((partitions) => [
      { name: `ingest ${batchBytes / KIB}KiB ${partitions}p`, round: () => ingest(batchBytes, partitions) },
      ...FETCH_BYTES_MAX.map((fetchBytesMax) => ({
        name: `fetch ${batchBytes / KIB}KiB ${partitions}p by ${fetchBytesMax / KIB / KIB}MiB`,
        round: () => hotFetch(batchBytes, partitions, fetchBytesMax),
      })),
    ]),
  ).filter(({ name }) => name.includes(flags.only));
}

/** The control is the slower of bare TCP and bare page-cache writes. */
async function ingest(batchBytes: number, partitions: number): Promise<Measured> {
  const blockBytes = batchBytes;
  const tcp = await bareTcp({ seconds, blockBytes });
  const write = await bareWrite({ seconds, blockBytes });
  await using broker = await BrokerUnderTest.start(root);
  await createTopic(broker.port, "bench", partitions);
  return await measure(broker, Math.min(tcp.megabytesPerSecond, write.megabytesPerSecond), () =>
    runLoad("produce-load", {
      port: broker.port,
      topic: "bench",
      partitions,
      batchBytes,
      acks: Number(flags.acks),
      seconds,
      connections: Number(flags.producers),
      inFlight: IN_FLIGHT,
    }),
  );
}

/** The control is bare `sendfile` of a cached file to one reader. */
async function hotFetch(batchBytes: number, partitions: number, fetchBytesMax: number): Promise<Measured> {
  const control = await bareSendfile({ seconds, blockBytes: CONTROL_BLOCK_BYTES });
  await using broker = await BrokerUnderTest.start(root);
  await createTopic(broker.port, "bench", partitions);
  const batch = batchOf(batchBytes);
  await runLoad("produce-load", {
    port: broker.port,
    topic: "bench",
    partitions,
    batchBytes,
    acks: -1,
    seconds: 60,
    bytesMax: HOT_BYTES,
    connections: partitions,
    inFlight: IN_FLIGHT,
  });
  const ends = await endOffsets(broker.port, "bench", partitions);
  const options = {
    port: broker.port,
    topic: "bench",
    partitions,
    partitionBytesMax: fetchBytesMax,
    batchBytes: batch.byteLength,
    recordsPerBatch: recordsIn(batch),
    endOffset: Math.min(...ends),
  };
  await runLoad("fetch-load", { ...options, seconds: 1 });
  return await measure(broker, control.megabytesPerSecond, () =>
    runLoad("fetch-load", { ...options, seconds }),
  );
}

async function measure(
  broker: BrokerUnderTest,
  controlMegabytesPerSecond: number,
  load: () => Promise<LoadResult>,
): Promise<Measured> {
  const cpuBefore = broker.cpuSeconds();
  const result = await load();
  return {
    megabytesPerSecond: result.bytes / 1e6 / result.seconds,
    controlMegabytesPerSecond,
    brokerCpuSecondsPerGigabyte: (broker.cpuSeconds() - cpuBefore) / (result.bytes / GB),
    residentMegabytes: broker.residentBytes() / 1e6,
  };
}

function print(columns: readonly string[]): void {
  const widths = [24, 24, 24, 20, 18, 10];
  process.stdout.write(`${columns.map((text, index) => text.padEnd(widths[index]!)).join("")}\n`);
}

process.stdout.write(
  `${cpus()[0]?.model ?? "?"}, ${cpus().length} cores; ${rounds} rounds of ${seconds} s; ${flags.producers} producers, acks=${flags.acks}; median (min–max)\n`,
);
print(["workload", "MB/s", "control MB/s", "share of control", "CPU-s/GB", "RSS MB"]);
const steal = stealMeter();
try {
  for (const { name, round } of workloads()) {
    const results: Measured[] = [];
    for (let index = 0; index < rounds; index++) results.push(await round());
    const column = (of: (result: Measured) => number, digits: number): string =>
      formatSpread(spreadOf(results.map(of)), digits);
    print([
      name,
      column((result) => result.megabytesPerSecond, 0),
      column((result) => result.controlMegabytesPerSecond, 0),
      column((result) => result.megabytesPerSecond / result.controlMegabytesPerSecond, 2),
      column((result) => result.brokerCpuSecondsPerGigabyte, 2),
      column((result) => result.residentMegabytes, 0),
    ]);
  }
  process.stdout.write(`steal ${(steal() * 100).toFixed(1)} %\n`);
} finally {
  rmSync(root, { recursive: true, force: true });
}
