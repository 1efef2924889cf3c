import type { Metrics } from "../suite/metrics.ts";
import type { ControlName } from "../suite/workload.ts";
import { run as appendSync } from "./append-sync.ts";
import { run as bareWrite } from "./bare-pwrite.ts";
import { run as bareSendfile } from "./bare-sendfile.ts";
import { run as bareTcp } from "./bare-tcp.ts";
import type { ControlFigures, ControlOptions } from "./control.ts";
import { run as librdkafkaMock } from "./librdkafka-mock.ts";
import { run as nullServer } from "./null-server.ts";
import { run as sendfileAnswers } from "./sendfile-answers.ts";

/** What each control measures, in the metrics of the workloads that it is the roof (or the floor) of. */
export const CONTROLS: Readonly<Record<ControlName, (options: ControlOptions) => Promise<Metrics>>> = {
  "bare-tcp": async (options) => throughputOf(await bareTcp(options)),
  "bare-pwrite": async (options) => throughputOf(await bareWrite(options)),
  "bare-sendfile": async (options) => throughputOf(await bareSendfile(options)),
  "sendfile-answers": async (options) => throughputOf(await sendfileAnswers(options)),
  "null-server": nullServer,
  "librdkafka-mock": librdkafkaMock,
  /** By the pool, as a broker syncs: its own thread goes on meanwhile. */
  "append-sync": async (options) => {
    const { background } = await appendSync(options);
    return {
      latencyP50Ms: background.p50Microseconds / 1000,
      latencyP99Ms: background.p99Microseconds / 1000,
      requestsPerSecond: background.syncsPerSecond,
    };
  },
};

/** The CPU time is of the working process, which is where a broker would be. */
function throughputOf(figures: ControlFigures): Metrics {
  return {
    megabytesPerSecond: figures.megabytesPerSecond,
    brokerCpuSecondsPerGigabyte: figures.cpuSecondsPerGigabyte,
  };
}
