import type { ServerProcess } from "./server-process.ts";
import type { RunningSystem, System } from "./system.ts";

/** How topics (streams) are made and removed at one broker. */
export interface TopicAdmin {
  create(name: string, partitions: number, configs?: Readonly<Record<string, string>>): Promise<void>;
  delete(name: string): Promise<void>;
}

/** What is known of a broker when it has given its first answer. */
export interface StartedBroker {
  readonly system: System;
  readonly version: string;
  readonly port: number;
  readonly dataDirectory: string;
  readonly command: string;
  readonly startMs: number;
  readonly server: ServerProcess;
  readonly topics: TopicAdmin;
}

/** The contract's view of a broker that has answered. */
export function runningSystem({ server, topics, ...facts }: StartedBroker): RunningSystem {
  return {
    ...facts,
    pid: server.pid,
    createTopic: (name, partitions, configs) => topics.create(name, partitions, configs),
    deleteTopic: (name) => topics.delete(name),
    cpuSeconds: () => server.cpuSeconds(),
    residentBytes: () => server.residentBytes(),
    residentPeakBytes: () => server.residentPeakBytes(),
    resetPeak: () => server.resetPeak(),
    descriptors: () => server.descriptors(),
    threads: () => server.threads(),
    kill: () => server.kill(),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

/** As a person would type it. */
export function commandLine(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(" ");
}
