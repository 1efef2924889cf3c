import { decodeMulti, encode } from "@msgpack/msgpack";
import { assert } from "../base/assert.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { crc32c } from "../protocol/crc32c.ts";
import { type MetadataOperation, metadataOperation } from "./metadata-operation.ts";

/**
 * The bytes of `metadata.journal`. Pure: no I/O. Integers are big-endian.
 *
 *     journal := header frame*
 *     header  := magic "odradek\n"    8
 *                version = 1          4
 *                synced bytes         4   of this file when it got its name: damage below is never a torn tail
 *                CRC-32C of the above 4
 *     frame   := CRC-32C of the rest  4
 *                payload length       4
 *                sequence             4   0, 1, 2, … within the file
 *                payload                  MessagePack objects (`metadata-operation.ts`), back to back
 *
 * A frame is one commit: it is written in one piece and synced before the next one is begun. So a crash can tear the last
 * frame only, and a frame that is damaged and has a valid one behind it was damaged later.
 */
export const JOURNAL_VERSION = 1;
/** One commit, header included. A longer damaged end cannot be a torn tail. */
export const FRAME_BYTES_MAX = 1024 * 1024;

const MAGIC = new TextEncoder().encode("odradek\n");
const HEADER_BYTES = 20;
const FRAME_HEADER_BYTES = 12;
export const FRAME_PAYLOAD_BYTES_MAX = FRAME_BYTES_MAX - FRAME_HEADER_BYTES;

export interface RecoveredJournal {
  readonly operations: readonly MetadataOperation[];
  /** Where the next frame goes. */
  readonly endBytes: number;
  readonly nextSequence: number;
  /** Bytes behind `endBytes` that are a torn frame, to be cut off; 0 when there are none. */
  readonly tornBytes: number;
  /** Bytes of the snapshot that the file began with. */
  readonly snapshotBytes: number;
}

export interface JournalDamage {
  readonly kind: "damaged" | "newer-version";
  /** Completes "the metadata journal …". */
  readonly message: string;
}

export function encodeOperation(operation: MetadataOperation): Uint8Array {
  return encode(operation);
}

/** One frame of operations that are already encoded, which fit {@link FRAME_PAYLOAD_BYTES_MAX} together. */
export function encodeFrame(sequence: number, encodedOperations: readonly Uint8Array[]): Uint8Array {
  const payloadBytes = encodedOperations.reduce((sum, bytes) => sum + bytes.byteLength, 0);
  assert(
    payloadBytes > 0 && payloadBytes <= FRAME_PAYLOAD_BYTES_MAX,
    "a journal frame has an impossible size",
  );
  const frame = new Uint8Array(FRAME_HEADER_BYTES + payloadBytes);
  const view = new DataView(frame.buffer);
  view.setUint32(4, payloadBytes);
  view.setUint32(8, sequence);
  let at = FRAME_HEADER_BYTES;
  for (const bytes of encodedOperations) {
    frame.set(bytes, at);
    at += bytes.byteLength;
  }
  view.setUint32(0, crc32c(frame, 4, frame.byteLength));
  return frame;
}

/** A whole new journal; it must be synced before it gets its name. */
export function encodeJournal(operations: Iterable<MetadataOperation>): {
  bytes: Uint8Array;
  nextSequence: number;
} {
  const frames = [...framesOf(operations)];
  const total = frames.reduce((sum, frame) => sum + frame.byteLength, HEADER_BYTES);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC, 0);
  view.setUint32(8, JOURNAL_VERSION);
  view.setUint32(12, total);
  view.setUint32(16, crc32c(bytes, 0, 16));
  let at = HEADER_BYTES;
  for (const frame of frames) {
    bytes.set(frame, at);
    at += frame.byteLength;
  }
  return { bytes, nextSequence: frames.length };
}

function* framesOf(operations: Iterable<MetadataOperation>): Generator<Uint8Array> {
  let sequence = 0;
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  for (const operation of operations) {
    const encoded = encodeOperation(operation);
    if (waitingBytes + encoded.byteLength > FRAME_PAYLOAD_BYTES_MAX) {
      yield encodeFrame(sequence++, waiting);
      waiting = [];
      waitingBytes = 0;
    }
    waiting.push(encoded);
    waitingBytes += encoded.byteLength;
  }
  if (waiting.length > 0) yield encodeFrame(sequence, waiting);
}

/** Reads a journal back. A torn tail is told apart from damage; nothing is changed. */
export function recoverJournal(bytes: Uint8Array): Result<RecoveredJournal, JournalDamage> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readHeader(bytes, view);
  if (!header.ok) return header;
  const snapshotBytes = header.value;

  const operations: MetadataOperation[] = [];
  let at = HEADER_BYTES;
  let sequence = 0;
  while (at < bytes.byteLength) {
    const length = frameLengthAt(bytes, view, at);
    if (length === 0) {
      const damage = whyNotTorn(bytes, view, at, snapshotBytes);
      if (damage !== null) return damaged(damage);
      return ok({
        operations,
        endBytes: at,
        nextSequence: sequence,
        tornBytes: bytes.byteLength - at,
        snapshotBytes,
      });
    }
    if (view.getUint32(at + 8) !== sequence) return damaged(`misses a record before byte ${at}`);
    const decoded = decodePayload(bytes.subarray(at + FRAME_HEADER_BYTES, at + length));
    if (decoded === null) return damaged(`holds a record of an unknown kind at byte ${at}`);
    operations.push(...decoded);
    at += length;
    sequence++;
  }
  return ok({ operations, endBytes: at, nextSequence: sequence, tornBytes: 0, snapshotBytes });
}

function damaged(message: string): Result<never, JournalDamage> {
  return fail({ kind: "damaged", message });
}

function readHeader(bytes: Uint8Array, view: DataView): Result<number, JournalDamage> {
  if (bytes.byteLength < HEADER_BYTES) return damaged("is cut short within its header");
  if (!MAGIC.every((byte, at) => bytes[at] === byte)) return damaged("does not begin like one");
  const version = view.getUint32(8);
  if (version > JOURNAL_VERSION) {
    return fail({
      kind: "newer-version",
      message: `was written by a newer Odradek (format ${version}; this one knows up to ${JOURNAL_VERSION})`,
    });
  }
  if (view.getUint32(16) !== crc32c(bytes, 0, 16)) return damaged("has a damaged header");
  const snapshotBytes = view.getUint32(12);
  if (bytes.byteLength < snapshotBytes) return damaged("is cut short within its snapshot");
  return ok(snapshotBytes);
}

/** Bytes of the frame at `at` when it is whole and its checksum holds, else 0. */
function frameLengthAt(bytes: Uint8Array, view: DataView, at: number): number {
  if (bytes.byteLength - at < FRAME_HEADER_BYTES) return 0;
  const payloadBytes = view.getUint32(at + 4);
  if (payloadBytes === 0 || payloadBytes > FRAME_PAYLOAD_BYTES_MAX) return 0;
  const end = at + FRAME_HEADER_BYTES + payloadBytes;
  if (end > bytes.byteLength) return 0;
  return view.getUint32(at) === crc32c(bytes, at + 4, end) ? end - at : 0;
}

/** What speaks against a crash during the last write as the cause of the bad frame at `at`. */
function whyNotTorn(bytes: Uint8Array, view: DataView, at: number, snapshotBytes: number): string | null {
  if (at < snapshotBytes) return `has a damaged record at byte ${at}, within its snapshot`;
  if (bytes.byteLength - at > FRAME_BYTES_MAX) return `has damaged records from byte ${at}`;
  for (let next = at + 1; next < bytes.byteLength; next++) {
    if (frameLengthAt(bytes, view, next) > 0) {
      return `has a damaged record at byte ${at}, before a valid one at byte ${next}`;
    }
  }
  return null;
}

function decodePayload(payload: Uint8Array): MetadataOperation[] | null {
  try {
    return [...decodeMulti(payload)].map((value) => metadataOperation.parse(value));
  } catch {
    return null;
  }
}
