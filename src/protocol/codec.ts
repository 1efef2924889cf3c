import type { ResponsePart } from "../base/file-span.ts";
import { compiledMessage } from "./compiled-message.ts";
import { DecodeError } from "./decode-error.ts";
import { MessageReader } from "./message-reader.ts";
import { MessageWriter } from "./message-writer.ts";
import type { InputOf, MessageOf, MessageSchema } from "./schema.ts";
import { hasVersion } from "./versions.ts";

export { DecodeError } from "./decode-error.ts";

/** One of each per thread: messages are read and written without interruption, one at a time. */
const reader = new MessageReader();
const writer = new MessageWriter();

export interface DecodedMessage<Value> {
  readonly value: Value;
  /** Position after the last byte that was read; what follows is for the caller to judge. */
  readonly end: number;
}

/**
 * Reads a message that starts at `at`. Fields that the version does not have get their defaults. Byte ranges and
 * records are views into `bytes`. Throws {@link DecodeError} and nothing else, also for an unknown version.
 */
export function decodeMessage<Schema extends MessageSchema>(
  schema: Schema,
  version: number,
  bytes: Uint8Array,
  at: number,
): DecodedMessage<MessageOf<Schema>> {
  if (!hasVersion(schema.versions, version))
    throw new DecodeError(`${schema.name} has no version ${version}`);
  const { read } = compiledMessage(schema, version);
  reader.begin(schema.name, version, bytes, at);
  try {
    const value = read(reader) as MessageOf<Schema>;
    return { value, end: reader.position };
  } finally {
    reader.end();
  }
}

/**
 * Writes a message. Byte ranges are copied into the runs around them, file spans stay parts of their own; the result
 * shares no memory with later messages. A value that does not fit its schema is an assertion.
 */
export function encodeMessage<Schema extends MessageSchema>(
  schema: Schema,
  version: number,
  value: InputOf<Schema>,
): ResponsePart[] {
  const { write } = compiledMessage(schema, version);
  writer.begin(schema.name, version);
  write(writer, value);
  return writer.finish();
}

/** As {@link encodeMessage}, with a header before the message, joined to it. */
export function encodeWithHeader<Header extends MessageSchema, Schema extends MessageSchema>(
  headerSchema: Header,
  headerVersion: number,
  header: InputOf<Header>,
  schema: Schema,
  version: number,
  value: InputOf<Schema>,
): ResponsePart[] {
  const { write } = compiledMessage(schema, version);
  writer.begin(schema.name, version);
  compiledMessage(headerSchema, headerVersion).write(writer, header);
  write(writer, value);
  return writer.finish();
}
