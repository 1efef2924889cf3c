import { type Clock, systemClock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { Result } from "../base/result.ts";
import type { BrokerConfig } from "../config/broker-config.ts";
import type { ListenerAddress } from "../config/listener-address.ts";
import type { StartFailure } from "../start-failure.ts";
import { type BootFacts, bootReport, bootReportJson, isWildcard } from "./boot-report.ts";
import { CliError, ExitCode } from "./cli-error.ts";
import type { CliIo } from "./cli-io.ts";
import { type ConfigOptions, readBrokerConfig } from "./config-options.ts";
import type { LogLevel } from "./log-levels.ts";
import type { OutputFormat } from "./output-formats.ts";
import { createLogger } from "./pino-logger.ts";
import { VERSION } from "./version.ts";

export interface StartOptions extends ConfigOptions {
  readonly logLevel: LogLevel;
  /** Of the report that the broker has started; text unless asked for, also without a terminal. */
  readonly format?: OutputFormat;
}

/** What this command needs of a broker. */
export interface StartedBroker {
  readonly address: ListenerAddress;
  readonly clusterId: string;
  stop(): Promise<void>;
}

export type StartBroker = (options: {
  readonly config: BrokerConfig;
  readonly logger: Logger;
}) => Promise<Result<StartedBroker, StartFailure>>;

/** Signals as this command sees them: the process, or a test. */
export interface Signals {
  on(signal: "SIGTERM" | "SIGINT", handler: () => void): unknown;
  off(signal: "SIGTERM" | "SIGINT", handler: () => void): unknown;
  /** Ends the process at once. */
  exit(code: number): void;
}

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/**
 * A supervisor may send one signal to every process of a group, and `npx` and `bin/odradek.mjs` pass on what they get: what
 * arrives within this time of the first is the same signal again.
 */
const SIGNAL_ECHO_MS_MAX = 500;

/** Runs a broker until a signal: the first one drains and marks the data directory clean, a second one ends at once. */
export async function runStart(
  options: StartOptions,
  io: CliIo,
  startBroker: StartBroker,
  signals: Signals,
  clock: Clock = systemClock,
): Promise<void> {
  const config = await readBrokerConfig(options, io);
  const logger = loggerFor(options, io);
  const started = await startBroker({ config, logger });
  if (!started.ok) throw new CliError(started.error.message, started.error.exitCode);
  const broker = started.value;
  if (isWildcard(config.host)) {
    logger.warn("wildcard-listener", "listening on every interface, and clients are not authenticated");
  }
  report(config, broker, options, io);
  await untilStopped(broker, logger, signals, clock);
}

function loggerFor(options: StartOptions, io: CliIo): Logger {
  const isTerminal = io.stderr.isTTY === true;
  return createLogger({
    level: options.logLevel,
    isTerminal,
    isColored: isTerminal && !io.env.NO_COLOR,
    destination: io.stderr,
  });
}

function report(config: BrokerConfig, broker: StartedBroker, options: StartOptions, io: CliIo): void {
  const facts: BootFacts = {
    version: VERSION,
    dataDir: config.dataDir,
    clusterId: broker.clusterId,
    nodeId: config.nodeId,
    writeCaching: config.topicDefaults.writeCaching,
    bound: broker.address,
    advertised: config.advertisedListeners,
    startedInMs: performance.now(),
  };
  io.stdout.write(options.format === "json" ? bootReportJson(facts) : bootReport(facts));
}

async function untilStopped(
  broker: StartedBroker,
  logger: Logger,
  signals: Signals,
  clock: Clock,
): Promise<void> {
  const stopped = Promise.withResolvers<void>();
  let firstSignalMs: number | null = null;
  const onSignal = (): void => {
    if (firstSignalMs !== null) {
      if (clock.monotonicMs() - firstSignalMs < SIGNAL_ECHO_MS_MAX) return;
      logger.warn("stop-forced", "ended at once: the next start recovers what was not closed");
      signals.exit(ExitCode.FAILED);
      return;
    }
    firstSignalMs = clock.monotonicMs();
    logger.info("broker-stopping", "finishing requests and closing partitions; once more to end at once");
    broker.stop().then(stopped.resolve, stopped.reject);
  };
  for (const signal of SIGNALS) signals.on(signal, onSignal);
  try {
    await stopped.promise;
    logger.info("broker-stopped", "every partition is closed and synced");
  } finally {
    for (const signal of SIGNALS) signals.off(signal, onSignal);
  }
}
