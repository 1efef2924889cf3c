import { fail, ok, type Result } from "../base/result.ts";
import {
  readInt16,
  readInt32,
  readInt64,
  readUint32,
  writeInt16,
  writeInt32,
  writeInt64,
} from "../protocol/big-endian.ts";
import { crc32c } from "../protocol/crc32c.ts";
import { NO_SEQUENCE, ProducerEntry, sequenceBefore } from "./producer-entry.ts";
import type { ProducerStates } from "./producer-states.ts";

/**
 * `<offset>.snapshot`: the producers as they were before `offset` was appended. Big-endian:
 *
 * ```
 *   at  size  field
 *    0     2  version = 1
 *    2     4  CRC-32C of everything from 6 on
 *    6     4  number of producers
 *   10        46 bytes each:
 *    0     8    producer id
 *    8     2    producer epoch
 *   10     4    last sequence, -1 none
 *   14     8    last offset, -1 none
 *   22     4    last offset minus base offset of the newest batch
 *   26     8    timestamp of the newest batch, ms
 *   34     4    coordinator epoch
 *   38     8    first offset of the transaction under way, -1 none
 * ```
 * Of the last five batches only the newest is in it; those behind the snapshot are read back from the log.
 */
const VERSION = 1;
const CRC_AT = 2;
const COUNT_AT = 6;
const HEADER_BYTES = 10;
const ENTRY_BYTES = 46;

export function encodeProducerSnapshot(producers: ProducerStates): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + producers.size * ENTRY_BYTES);
  writeInt16(bytes, 0, VERSION);
  writeInt32(bytes, COUNT_AT, producers.size);
  let at = HEADER_BYTES;
  for (const entry of producers.entries()) {
    writeInt64(bytes, at, entry.producerId);
    writeInt16(bytes, at + 8, entry.producerEpoch);
    writeInt32(bytes, at + 10, entry.lastSequence);
    writeInt64(bytes, at + 14, entry.lastOffset);
    writeInt32(bytes, at + 22, entry.lastOffsetDelta);
    writeInt64(bytes, at + 26, entry.lastTimestampMs);
    writeInt32(bytes, at + 34, entry.coordinatorEpoch);
    writeInt64(bytes, at + 38, entry.currentTxnFirstOffset);
    at += ENTRY_BYTES;
  }
  writeInt32(bytes, CRC_AT, crc32c(bytes, COUNT_AT, bytes.byteLength));
  return bytes;
}

/** `nowMs`: the idle time of the producers starts anew when a log is opened. */
export function decodeProducerSnapshot(bytes: Uint8Array, nowMs: number): Result<ProducerEntry[], string> {
  if (bytes.byteLength < HEADER_BYTES) return fail("it is shorter than its header");
  const version = readInt16(bytes, 0);
  if (version !== VERSION) return fail(`version ${version} is not known`);
  if (readUint32(bytes, CRC_AT) !== crc32c(bytes, COUNT_AT, bytes.byteLength)) {
    return fail("its checksum does not match");
  }
  const count = readInt32(bytes, COUNT_AT);
  if (bytes.byteLength !== HEADER_BYTES + count * ENTRY_BYTES)
    return fail(`it does not hold ${count} producers`);
  const entries: ProducerEntry[] = [];
  for (let at = HEADER_BYTES; at < bytes.byteLength; at += ENTRY_BYTES)
    entries.push(decodeEntry(bytes, at, nowMs));
  return ok(entries);
}

function decodeEntry(bytes: Uint8Array, at: number, nowMs: number): ProducerEntry {
  const producerEpoch = readInt16(bytes, at + 8);
  const entry = new ProducerEntry(readInt64(bytes, at), producerEpoch, nowMs);
  const lastSequence = readInt32(bytes, at + 10);
  if (lastSequence !== NO_SEQUENCE) {
    const lastOffset = readInt64(bytes, at + 14);
    const delta = readInt32(bytes, at + 22);
    const firstSequence = sequenceBefore(lastSequence, delta);
    const timestampMs = readInt64(bytes, at + 26);
    entry.add(producerEpoch, firstSequence, lastSequence, lastOffset - delta, lastOffset, timestampMs);
  }
  entry.coordinatorEpoch = readInt32(bytes, at + 34);
  entry.currentTxnFirstOffset = readInt64(bytes, at + 38);
  return entry;
}
