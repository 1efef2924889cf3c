import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { Files } from "../io/files.ts";
import type { SpanPins } from "../io/span-pins.ts";
import { BatchReader } from "./batch-reader.ts";
import { SegmentHandles } from "./segment-handles.ts";

/** Kafka has no such limit; 10,000 producers on one partition take about 5 MB. */
export const PRODUCER_IDS_MAX = 10_000;
/** Kafka's default of `producer.id.expiration.ms`. */
export const PRODUCER_ID_EXPIRATION_MS = 86_400_000;
/** Appended between two producer snapshots, and so about the most that a recovery reads back: 30 ms at 2 GB/s. */
export const CHECKPOINT_BYTES = 64 * 1024 * 1024;

export interface LogEnvironmentOptions {
  readonly files: Files;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pins: SpanPins;
  /** Segments open at once on this thread, beside those that are written or not synced yet. */
  readonly openSegmentsMax: number;
  /** Producers remembered per partition; the one idle longest is forgotten first. */
  readonly producerIdsMax?: number;
  readonly producerIdExpirationMs?: number;
  readonly checkpointBytes?: number;
}

/** What all logs of one thread share. */
export interface LogEnvironment {
  readonly files: Files;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pins: SpanPins;
  readonly handles: SegmentHandles;
  readonly reader: BatchReader;
  readonly producerIdsMax: number;
  readonly producerIdExpirationMs: number;
  readonly checkpointBytes: number;
}

export function createLogEnvironment(options: LogEnvironmentOptions): LogEnvironment {
  const { files, clock, logger, pins, openSegmentsMax } = options;
  return {
    files,
    clock,
    logger,
    pins,
    handles: new SegmentHandles(files, pins, openSegmentsMax),
    reader: new BatchReader(files),
    producerIdsMax: options.producerIdsMax ?? PRODUCER_IDS_MAX,
    producerIdExpirationMs: options.producerIdExpirationMs ?? PRODUCER_ID_EXPIRATION_MS,
    checkpointBytes: options.checkpointBytes ?? CHECKPOINT_BYTES,
  };
}
