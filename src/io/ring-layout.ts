import { assert } from "../base/assert.ts";

/**
 * The one owner of a ring's memory layout: one producer thread, one consumer thread, one `SharedArrayBuffer`.
 *
 * ```
 *      0  tail      i32  bytes ever published, modulo 2^32; stored by the producer
 *    128  head      i32  bytes ever consumed, modulo 2^32; stored by the consumer
 *    256  sleeping  i32  1: the consumer waits on this word for its doorbell
 *    512  data           capacity bytes, capacity a power of two; a message lies at cursor mod capacity
 *
 *   message, 8-byte aligned:
 *      0  payload bytes  i32
 *      4  type           i32  >= 0, or PADDING: skip to the start of the data
 *      8  payload             followed by 0..7 unused bytes
 * ```
 * Each word has 128 bytes to itself: processors fetch cache lines in pairs. (After Aeron's one-to-one ring buffer.)
 */
export const TAIL_WORD = 0;
export const HEAD_WORD = 128 >> 2;
export const SLEEPING_WORD = 256 >> 2;
export const DATA_AT = 512;

export const MESSAGE_HEADER_BYTES = 8;
export const MESSAGE_ALIGNMENT = 8;
export const PADDING_TYPE = -1;

export const RING_CAPACITY_BYTES_MIN = 256;
/** Cursor differences are taken as signed 32-bit numbers, which bounds the capacity. */
export const RING_CAPACITY_BYTES_MAX = 2 ** 30;
/** A message, header included, takes at most this share of the ring: two always fit, whatever the wrap. */
export const RING_SHARE_PER_MESSAGE = 8;

/** Largest payload that `claim` accepts on a ring of this capacity. */
export function ringPayloadBytesMax(capacityBytes: number): number {
  return capacityBytes / RING_SHARE_PER_MESSAGE - MESSAGE_HEADER_BYTES;
}

/** Ring bytes that a message with this payload takes, without padding at the wrap. */
export function messageBytes(payloadBytes: number): number {
  return (MESSAGE_HEADER_BYTES + payloadBytes + MESSAGE_ALIGNMENT - 1) & -MESSAGE_ALIGNMENT;
}

/** Memory for one ring; hand it to one producer and one consumer. `firstCursor` lets tests start near the wrap of 2^32. */
export function allocateRing(capacityBytes: number, firstCursor = 0): SharedArrayBuffer {
  assert(isCapacity(capacityBytes), "a ring's capacity is a power of two between its named limits");
  assert(firstCursor % MESSAGE_ALIGNMENT === 0, "a ring's first cursor is aligned");
  const memory = new SharedArrayBuffer(DATA_AT + capacityBytes);
  const words = new Int32Array(memory);
  words[TAIL_WORD] = firstCursor;
  words[HEAD_WORD] = firstCursor;
  return memory;
}

/** Capacity of a ring's memory, checked. */
export function ringCapacity(memory: SharedArrayBuffer): number {
  const capacityBytes = memory.byteLength - DATA_AT;
  assert(isCapacity(capacityBytes), "this memory is not a ring");
  return capacityBytes;
}

function isCapacity(bytes: number): boolean {
  return (
    bytes >= RING_CAPACITY_BYTES_MIN &&
    bytes <= RING_CAPACITY_BYTES_MAX &&
    Number.isInteger(bytes) &&
    (bytes & (bytes - 1)) === 0
  );
}
