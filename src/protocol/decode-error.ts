/**
 * Bytes that are not what they claim to be: the only error that decoding throws, whatever the bytes. Its message is
 * made of schema names and numbers, never of the sender's text.
 */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}
