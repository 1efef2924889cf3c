import { mkdir } from "node:fs/promises";
import { makeDispatch } from "./api/dispatch.ts";
import { makeServices } from "./api/services.ts";
import { systemClock } from "./base/clock.ts";
import type { Logger } from "./base/logger.ts";
import { fail, ok, type Result } from "./base/result.ts";
import { BrokerCheckpoints } from "./broker-checkpoints.ts";
import { takeCleanShutdownMarker, writeCleanShutdownMarker } from "./cluster/clean-shutdown-marker.ts";
import { removeDeletedDirectories } from "./cluster/deleted-directories.ts";
import { openMetaProperties } from "./cluster/meta-properties.ts";
import type { MetadataStore } from "./cluster/metadata-store.ts";
import { openEmbeddedMetadataStore } from "./cluster/open-metadata-store.ts";
import { TopicRegistry } from "./cluster/topic-registry.ts";
import type { BrokerConfig } from "./config/broker-config.ts";
import { type DataDirectoryLock, lockDataDirectory } from "./io/data-directory-lock.ts";
import { descriptorLimit } from "./io/descriptor-limit.ts";
import { usesPortableFiles } from "./io/files-of-this-platform.ts";
import { PARTITION_STATUS } from "./io/partition-state.ts";
import { type Listener, listen } from "./net/listener.ts";
import { DEFAULT_NET_LIMITS, type NetLimits } from "./net/net-limits.ts";
import { ErrorCode } from "./protocol/error-codes.ts";
import { Router } from "./router/router.ts";
import type { StartFailure } from "./start-failure.ts";
import { spawnPartitionThread } from "./workers/spawn.ts";

/** Of the process's descriptors; the rest is for segments. */
const SOCKET_SHARE = 0.75;
const STOP_GRACE_MS = 10_000;
/** What to do when the system does not let this process have its directory. */
const OTHER_DIRECTORY =
  "choose a directory with --data-dir that this user may create and write, on a disk that has room";

export interface RunningBrokerOptions {
  readonly config: BrokerConfig;
  readonly logger: Logger;
}

interface Parts {
  readonly config: BrokerConfig;
  readonly logger: Logger;
  readonly lock: DataDirectoryLock;
  readonly store: MetadataStore;
  readonly router: Router;
  readonly registry: TopicRegistry;
  readonly checkpoints: BrokerCheckpoints;
  readonly listener: Listener;
}

/** A started broker. Main thread. */
export class RunningBroker {
  readonly #parts: Parts;
  #stopping: Promise<void> | null = null;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Opens the data directory, recovers every partition and listens. What an operator can cause is a value. */
  static async start({ config, logger }: RunningBrokerOptions): Promise<Result<RunningBroker, StartFailure>> {
    for (const warning of config.warnings) logger.warn("setting-not-served", warning);
    try {
      await mkdir(config.dataDir, { recursive: true });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return refuse(`the data directory ${config.dataDir} cannot be created (${code}): ${OTHER_DIRECTORY}`);
    }
    const lock = lockDataDirectory(config.dataDir);
    if (!lock.ok) {
      const { code, message } = lock.error;
      return refuse(code === "HELD" ? message : `${message.replace(/\.$/, "")}: ${OTHER_DIRECTORY}`);
    }
    const started = await startLocked(config, logger, lock.value);
    if (!started.ok) {
      lock.value.release();
      return started;
    }
    if (usesPortableFiles()) {
      logger.info(
        "portable-io",
        "this system lacks Linux's file calls: plain reads, writes and fsync serve instead",
      );
    }
    return ok(new RunningBroker(started.value));
  }

  get clusterId(): string {
    return this.#parts.store.clusterId;
  }

  get config(): BrokerConfig {
    return this.#parts.config;
  }

  get topics(): TopicRegistry {
    return this.#parts.registry;
  }

  /** Where it listens: the port is the real one even if 0 was asked for. */
  get address(): { readonly host: string; readonly port: number } {
    return { host: this.#parts.config.host, port: this.#parts.listener.port };
  }

  /** Answers what has come in, closes every partition synced, and marks the directory clean. */
  stop(): Promise<void> {
    this.#stopping ??= stopParts(this.#parts);
    return this.#stopping;
  }
}

async function startLocked(
  config: BrokerConfig,
  logger: Logger,
  lock: DataDirectoryLock,
): Promise<Result<Parts, StartFailure>> {
  const meta = await openMetaProperties(config.dataDir, config.nodeId);
  if (!meta.ok) return refuse(meta.error.message);
  const opened = await openEmbeddedMetadataStore(config.dataDir, {
    clusterId: meta.value.clusterId,
    topicsMax: config.topicsMax,
    logger,
  });
  if (!opened.ok) return refuse(opened.error.message);
  const store = opened.value;
  const router = new Router({
    workersMax: config.partitionWorkersMax,
    link: {
      arenaBytes: config.partitionArenaBytes,
      openSegmentsMax: config.openSegmentsMax,
      producerIdsMax: config.producerIdsMax,
      producerIdExpirationMs: config.producerIdExpirationMs,
      maintenanceIntervalMs: config.logRetentionCheckIntervalMs,
    },
    spawn: spawnPartitionThread,
    logger,
  });
  const checkpoints = new BrokerCheckpoints(config.dataDir, logger);
  let wasCleanShutdown: boolean;
  try {
    wasCleanShutdown = await takeCleanShutdownMarker(config.dataDir);
    await checkpoints.read();
    await removeDeletedDirectories(config.dataDir, store, logger);
  } catch (error) {
    await store.close();
    return refuse(`the data directory ${config.dataDir} cannot be used: ${(error as Error).message}`);
  }
  const registry: TopicRegistry = new TopicRegistry({
    config,
    store,
    router,
    clock: systemClock,
    logger,
    checkpointOf: (topic, partition) => checkpoints.of(topic, partition),
    dropCheckpoint: (topic) => checkpoints.drop(topic, registry),
    wasCleanShutdown,
  });
  await registry.openAll();
  const services = makeServices({ topics: registry, router, config, store, clock: systemClock, logger });
  try {
    const listener = listen({
      hostname: config.host,
      port: config.port,
      limits: netLimits(config),
      dispatch: makeDispatch(services),
      logger,
    });
    checkpoints.writeEvery(config.logFlushOffsetCheckpointIntervalMs, registry);
    return ok({ config, logger, lock, store, router, registry, checkpoints, listener });
  } catch (error) {
    await router.close();
    await store.close();
    return refuse(portProblem(config, error as NodeJS.ErrnoException));
  }
}

async function stopParts(parts: Parts): Promise<void> {
  const { config, logger, lock, store, router, registry, checkpoints, listener } = parts;
  try {
    await listener.close(STOP_GRACE_MS);
    await checkpoints.stop();
    // One that is offline, damaged perhaps, must not be taken for clean at the next start.
    const areAllOnline = [...registry.partitions()].every(
      ({ state }) => state.status() === PARTITION_STATUS.ONLINE,
    );
    const results = await router.close();
    await checkpoints.write(registry);
    await store.close();
    const failed = results.filter(({ errorCode }) => errorCode !== ErrorCode.NONE);
    for (const { message } of failed) {
      logger.error("partition-close-failed", message ?? "a partition could not be closed cleanly");
    }
    if (areAllOnline && failed.length === 0) await writeCleanShutdownMarker(config.dataDir);
  } finally {
    lock.release();
  }
}

function netLimits(config: BrokerConfig): NetLimits {
  return {
    ...DEFAULT_NET_LIMITS,
    connectionsMax: config.maxConnections,
    descriptorMax: Math.min(
      DEFAULT_NET_LIMITS.descriptorMax,
      (descriptorLimit() ?? Number.POSITIVE_INFINITY) * SOCKET_SHARE,
    ),
    connectionsPerAddressMax: config.maxConnectionsPerIp,
    connectionRatePerAddressMax: config.connectionCreationRatePerIp,
    requestBytesMax: config.socketRequestMaxBytes,
    queuedRequestBytesMax: config.queuedMaxRequestBytes,
    handshakeMsMax: config.handshakeTimeoutMs,
    idleMsMax: config.connectionsMaxIdleMs,
    partialFrameMsMax: config.partialFrameTimeoutMs,
  };
}

function portProblem({ host, port }: BrokerConfig, error: NodeJS.ErrnoException): string {
  if (error.code === "EADDRINUSE") {
    return `port ${port} on ${host} is taken: stop the program that has it, or choose another with --listen ${host}:0`;
  }
  return (
    `cannot listen on ${host}:${port} (${error.message}): ` +
    "--listen takes an address of this machine, and a port that this user may open"
  );
}

function refuse(message: string): Result<never, StartFailure> {
  return fail({ message, exitCode: 1 });
}
