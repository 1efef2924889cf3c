/**
 * Signed varints as records use them: zigzag (0, -1, 1, -2, … become 0, 1, 2, 3, …), then 7 bits to a byte, low bits
 * first. Values are numbers; those beyond ±2^52 cannot be written.
 */
export const ZIGZAG_MAX = 2 ** 52 - 1;

const UNSIGNED_31_BITS = 0x7fff_ffff;

/** Bytes that {@link writeZigzag} will write. */
export function zigzagBytes(value: number): number {
  let rest = toZigzag(value);
  let bytes = 1;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}

/** Returns the position after the value. */
export function writeZigzag(bytes: Uint8Array, at: number, value: number): number {
  let rest = toZigzag(value);
  let next = at;
  for (; rest > UNSIGNED_31_BITS; rest = Math.floor(rest / 0x80)) bytes[next++] = (rest % 0x80) | 0x80;
  for (; rest >= 0x80; rest >>= 7) bytes[next++] = (rest & 0x7f) | 0x80;
  bytes[next++] = rest;
  return next;
}

function toZigzag(value: number): number {
  return value >= 0 ? value * 2 : value * -2 - 1;
}
