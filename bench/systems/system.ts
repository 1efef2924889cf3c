/** The brokers that the suite can measure. Odradek comes first and is what the others are held against. */
export const SYSTEM_NAMES = ["odradek", "kafka", "nats", "redis"] as const;
export type SystemName = (typeof SYSTEM_NAMES)[number];

/** Whether a system can be measured on this machine. */
export type Availability =
  | { readonly available: true; readonly version: string }
  /** `reason` says what is missing and how to get it. */
  | { readonly available: false; readonly reason: string };

export interface StartOptions {
  /** Folder for the data; made if absent, kept after a stop, so that a restart finds it. */
  readonly dataDirectory: string;
  /** The system's own settings, by name (Odradek and Kafka: broker properties; `heap` is Kafka's -Xmx). */
  readonly settings?: Readonly<Record<string, string>>;
  /** CPU numbers that the broker may use, for taskset; all when absent. */
  readonly cpus?: readonly number[];
  /** Port to listen on; a free one when absent. */
  readonly port?: number;
}

/** One broker product: how it is found, and started as a process of its own. */
export interface System {
  readonly name: SystemName;
  /** Speaks Kafka's protocol, so that every Kafka load can be run against it. */
  readonly isKafka: boolean;
  /** Looks for it; `install` allows it to be fetched (Maven, apt). Never throws for a missing tool. */
  find(options: { readonly install: boolean }): Promise<Availability>;
  /** Starts it and waits for its first answer. Rejects with what it printed when it does not come up. */
  start(options: StartOptions): Promise<RunningSystem>;
}

/** A broker that runs. Disposing stops it (SIGTERM, and SIGKILL after 20 s) and keeps its data. */
export interface RunningSystem extends AsyncDisposable {
  readonly system: System;
  readonly version: string;
  readonly port: number;
  readonly pid: number;
  readonly dataDirectory: string;
  /** The command line as a person would type it, for the report. */
  readonly command: string;
  /** From the start of the process to its first answer (ApiVersions; INFO and PING for the others). */
  readonly startMs: number;
  /** Creates a topic (a stream) and waits until every partition takes records. */
  createTopic(name: string, partitions: number, configs?: Readonly<Record<string, string>>): Promise<void>;
  /** Deletes a topic and its files soon after. */
  deleteTopic(name: string): Promise<void>;
  /** User and system CPU seconds so far, all threads. */
  cpuSeconds(): number;
  residentBytes(): number;
  /** The highest RSS since the last call of `resetPeak` (VmHWM). */
  residentPeakBytes(): number;
  resetPeak(): void;
  descriptors(): number;
  threads(): number;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
}
