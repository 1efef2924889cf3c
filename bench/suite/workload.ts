import type { ControlFigures, ControlOptions } from "../controls/control.ts";
import type { RunningSystem, StartOptions, System, SystemName } from "../systems/system.ts";
import type { Metrics } from "./metrics.ts";

/** What an acknowledgement (or a readable record) means in a workload; printed beside every figure. */
export type AcknowledgedFrom = "disk" | "page cache" | "not applicable";

export const CONTROL_NAMES = [
  "bare-tcp",
  "bare-pwrite",
  "bare-sendfile",
  "sendfile-answers",
  "append-sync",
  "null-server",
  "librdkafka-mock",
] as const;
export type ControlName = (typeof CONTROL_NAMES)[number];

/** A control as a workload names it; the run adds how long it takes. */
export interface Control extends Omit<ControlOptions, "seconds"> {
  readonly name: ControlName;
}

/** Figures of one control, in the same round as the systems. */
export type ControlFigure = ControlFigures | { readonly metrics: Metrics };

/** A series of points for a chart, such as latency over percentile or throughput over partitions. */
export interface Curve {
  readonly name: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xScale: "linear" | "log" | "percentile";
  readonly yScale: "linear" | "log";
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** One measurement of one workload on one system. */
export interface Sample {
  readonly metrics: Metrics;
  readonly curves?: readonly Curve[];
  /** What a reader must know about this sample, such as an offered load that was not reached. */
  readonly remarks?: readonly string[];
}

export interface MeasureContext {
  /** The suite's broker of this system, warm, started with the workload's settings. */
  readonly broker: RunningSystem;
  /** A topic name that nobody used before. The workload creates it; the runner deletes it afterwards. */
  readonly topic: string;
  /** Length of the measured stretch. */
  readonly seconds: number;
  /** Length of the stretch before it, which is run and thrown away: same topic, same load. */
  readonly warmupSeconds: number;
  /** CPU numbers for load processes; all when absent. */
  readonly loadCpus?: readonly number[];
  /** Scratch folder on the same file system as the data. */
  readonly scratch: string;
  /** What earlier workloads of this run measured, by system: latency uses a peer's maximum. */
  readonly earlier: (workload: string, system: SystemName) => Metrics | undefined;
  /** Aborted on Ctrl-C. */
  readonly signal: AbortSignal;
  readonly report: (message: string) => void;
}

/** For workloads about processes themselves (start, recovery, many partitions): they start and stop their own. */
export interface ProcessContext extends Omit<MeasureContext, "broker" | "topic"> {
  readonly system: System;
  /** Starts one with the suite's CPU pins and stops it when the sample is done, whatever happens. */
  readonly start: (options: StartOptions) => Promise<RunningSystem>;
}

interface WorkloadBase {
  /** Unique; `/` between the parts, such as `ingest-1p/64KiB/acks=1/4-producers`. */
  readonly name: string;
  /** The row of the table in the performance document, such as `ingest-1p`. */
  readonly family: string;
  /** One sentence for the report: what is done and what is counted. */
  readonly description: string;
  readonly acknowledged: AcknowledgedFrom;
  /** Systems that can run it. */
  readonly systems: readonly SystemName[];
  /** Part of the suite that runs when nothing is chosen (all of it within ten minutes). */
  readonly isShort: boolean;
  /** Run once a round, beside the systems. */
  readonly controls?: readonly Control[];
  /** The metric whose ratio is the headline. */
  readonly headline: keyof Metrics;
  /** Settings that the brokers need for it; brokers are shared by workloads whose settings are alike. */
  readonly settings?: Readonly<Partial<Record<SystemName, Readonly<Record<string, string>>>>>;
  /** Rounds when nothing is chosen, for workloads that take minutes. */
  readonly roundsMax?: number;
  /** About how long one sample takes, for the progress bar, given the measured seconds. */
  readonly expectedSeconds?: (seconds: number, warmupSeconds: number) => number;
}

export type Workload =
  | (WorkloadBase & { readonly kind: "load"; readonly measure: (context: MeasureContext) => Promise<Sample> })
  | (WorkloadBase & {
      readonly kind: "process";
      readonly measure: (context: ProcessContext) => Promise<Sample>;
    });
