import {
  readInt16,
  readInt32,
  readInt64,
  readUint32,
  writeInt16,
  writeInt32,
  writeInt64,
} from "./big-endian.ts";
import { crc32c } from "./crc32c.ts";

/**
 * Record batch v2, read and stamped in place; `at` is where the batch starts. Nothing here allocates or checks bounds:
 * the caller knows that {@link RECORD_BATCH_OVERHEAD} bytes are there (see `record-batch-validation.ts`). Big-endian:
 *
 *      0  8  baseOffset             \
 *      8  4  length (total - 12)     | outside the CRC: the broker stamps
 *     12  4  partitionLeaderEpoch    | base offset and leader epoch
 *     16  1  magic = 2               |
 *     17  4  CRC-32C of [21, end)   /
 *     21  2  attributes: 0-2 codec, 3 LogAppendTime, 4 transactional, 5 control, 6 delete horizon
 *     23  4  lastOffsetDelta
 *     27  8  baseTimestamp
 *     35  8  maxTimestamp
 *     43  8  producerId
 *     51  2  producerEpoch
 *     53  4  baseSequence
 *     57  4  recordsCount
 *     61     records, compressed as one block
 */
const BASE_OFFSET = 0;
const LENGTH = 8;
const LEADER_EPOCH = 12;
const MAGIC = 16;
const CRC = 17;
const ATTRIBUTES = 21;
const LAST_OFFSET_DELTA = 23;
const BASE_TIMESTAMP = 27;
const MAX_TIMESTAMP = 35;
const PRODUCER_ID = 43;
const PRODUCER_EPOCH = 51;
const BASE_SEQUENCE = 53;
const RECORDS_COUNT = 57;

/** Bytes of the header; also the smallest batch. */
export const RECORD_BATCH_OVERHEAD = 61;
/** Base offset and length: what must be there to know how long a batch is. */
export const RECORD_BATCH_LENGTH_END = LENGTH + 4;
/** The magic's place is the same in all formats. */
export const RECORD_BATCH_MAGIC_END = MAGIC + 1;
export const RECORD_BATCH_MAGIC = 2;

export const CODEC_MASK = 0x07;
export const LOG_APPEND_TIME_BIT = 0x08;
export const TRANSACTIONAL_BIT = 0x10;
export const CONTROL_BIT = 0x20;

export const recordBatch = {
  baseOffset: (bytes: Uint8Array, at: number): number => readInt64(bytes, at + BASE_OFFSET),
  setBaseOffset: (bytes: Uint8Array, at: number, offset: number): void =>
    writeInt64(bytes, at + BASE_OFFSET, offset),

  /** Total bytes of the batch, as it claims. */
  length: (bytes: Uint8Array, at: number): number => readInt32(bytes, at + LENGTH) + RECORD_BATCH_LENGTH_END,
  setLength: (bytes: Uint8Array, at: number, total: number): void =>
    writeInt32(bytes, at + LENGTH, total - RECORD_BATCH_LENGTH_END),

  leaderEpoch: (bytes: Uint8Array, at: number): number => readInt32(bytes, at + LEADER_EPOCH),
  setLeaderEpoch: (bytes: Uint8Array, at: number, epoch: number): void =>
    writeInt32(bytes, at + LEADER_EPOCH, epoch),

  magic: (bytes: Uint8Array, at: number): number => (bytes[at + MAGIC]! << 24) >> 24,
  setMagic: (bytes: Uint8Array, at: number, magic: number): void => {
    bytes[at + MAGIC] = magic;
  },

  /** The CRC that the batch carries, unsigned. */
  crc: (bytes: Uint8Array, at: number): number => readUint32(bytes, at + CRC),
  setCrc: (bytes: Uint8Array, at: number, crc: number): void => writeInt32(bytes, at + CRC, crc),
  /** The CRC that its bytes have. All of the batch must be there. */
  computeCrc: (bytes: Uint8Array, at: number): number =>
    crc32c(bytes, at + ATTRIBUTES, at + recordBatch.length(bytes, at)),

  attributes: (bytes: Uint8Array, at: number): number => readInt16(bytes, at + ATTRIBUTES),
  setAttributes: (bytes: Uint8Array, at: number, attributes: number): void =>
    writeInt16(bytes, at + ATTRIBUTES, attributes),
  /** 0-4 are Kafka's, see `compression.ts`; 5-7 are nobody's. */
  codec: (bytes: Uint8Array, at: number): number => bytes[at + ATTRIBUTES + 1]! & CODEC_MASK,
  isLogAppendTime: (bytes: Uint8Array, at: number): boolean =>
    (bytes[at + ATTRIBUTES + 1]! & LOG_APPEND_TIME_BIT) !== 0,
  isTransactional: (bytes: Uint8Array, at: number): boolean =>
    (bytes[at + ATTRIBUTES + 1]! & TRANSACTIONAL_BIT) !== 0,
  isControl: (bytes: Uint8Array, at: number): boolean => (bytes[at + ATTRIBUTES + 1]! & CONTROL_BIT) !== 0,

  lastOffsetDelta: (bytes: Uint8Array, at: number): number => readInt32(bytes, at + LAST_OFFSET_DELTA),
  setLastOffsetDelta: (bytes: Uint8Array, at: number, delta: number): void =>
    writeInt32(bytes, at + LAST_OFFSET_DELTA, delta),
  lastOffset: (bytes: Uint8Array, at: number): number =>
    recordBatch.baseOffset(bytes, at) + recordBatch.lastOffsetDelta(bytes, at),

  /** Milliseconds since the epoch; -1: none. */
  baseTimestamp: (bytes: Uint8Array, at: number): number => readInt64(bytes, at + BASE_TIMESTAMP),
  setBaseTimestamp: (bytes: Uint8Array, at: number, ms: number): void =>
    writeInt64(bytes, at + BASE_TIMESTAMP, ms),
  maxTimestamp: (bytes: Uint8Array, at: number): number => readInt64(bytes, at + MAX_TIMESTAMP),
  setMaxTimestamp: (bytes: Uint8Array, at: number, ms: number): void =>
    writeInt64(bytes, at + MAX_TIMESTAMP, ms),

  /** Makes `ms` the timestamp of every record of the batch (`message.timestamp.type=LogAppendTime`); a new CRC. */
  setLogAppendTime: (bytes: Uint8Array, at: number, ms: number): void => {
    recordBatch.setAttributes(bytes, at, recordBatch.attributes(bytes, at) | LOG_APPEND_TIME_BIT);
    recordBatch.setMaxTimestamp(bytes, at, ms);
    recordBatch.setCrc(bytes, at, recordBatch.computeCrc(bytes, at));
  },

  /** -1: not an idempotent producer; then epoch and sequence are -1 too. */
  producerId: (bytes: Uint8Array, at: number): number => readInt64(bytes, at + PRODUCER_ID),
  producerEpoch: (bytes: Uint8Array, at: number): number => readInt16(bytes, at + PRODUCER_EPOCH),
  baseSequence: (bytes: Uint8Array, at: number): number => readInt32(bytes, at + BASE_SEQUENCE),
  setProducer: (bytes: Uint8Array, at: number, id: number, epoch: number, baseSequence: number): void => {
    writeInt64(bytes, at + PRODUCER_ID, id);
    writeInt16(bytes, at + PRODUCER_EPOCH, epoch);
    writeInt32(bytes, at + BASE_SEQUENCE, baseSequence);
  },

  recordsCount: (bytes: Uint8Array, at: number): number => readInt32(bytes, at + RECORDS_COUNT),
  setRecordsCount: (bytes: Uint8Array, at: number, count: number): void =>
    writeInt32(bytes, at + RECORDS_COUNT, count),
} as const;
