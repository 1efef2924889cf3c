import { InvalidArgumentError } from "commander";
import { unescapeArgument } from "./text-escapes.ts";

/** A record on its way to standard output. */
export interface ConsumedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | null }[];
}

export type RecordFormat = (record: ConsumedRecord) => Uint8Array;

/** What `-f` may hold, with its help. As in kcat, where kcat has it. */
export const FORMAT_TOKENS: Readonly<Record<string, string>> = {
  t: "topic",
  p: "partition",
  o: "offset",
  k: "key",
  v: "value",
  s: "value",
  T: "timestamp in milliseconds",
  h: "headers as key=value,key=value",
  K: "length of the key, -1 without one",
  S: "length of the value, -1 without one",
  "%": "a percent sign",
};

const encoder = new TextEncoder();

const FIELDS: Readonly<Record<string, RecordFormat>> = {
  t: (record) => encoder.encode(record.topic),
  p: (record) => encoder.encode(String(record.partition)),
  o: (record) => encoder.encode(String(record.offset)),
  k: (record) => record.key ?? NOTHING,
  v: (record) => record.value ?? NOTHING,
  s: (record) => record.value ?? NOTHING,
  T: (record) => encoder.encode(String(record.timestamp)),
  h: headersOf,
  K: (record) => encoder.encode(String(record.key?.byteLength ?? -1)),
  S: (record) => encoder.encode(String(record.value?.byteLength ?? -1)),
  "%": () => encoder.encode("%"),
};

const NOTHING = new Uint8Array(0);

/**
 * Compiles `'%t %p %o %k %v'`. Keys and values come out as the bytes that they are. Each record ends in a line break,
 * unless the format ends in one itself. Throws commander's error for an unknown token.
 */
export function parseRecordFormat(text: string): RecordFormat {
  const parts = text.split(/(%[\s\S]?)/).filter((part) => part !== "");
  const fields = parts.map((part) =>
    part.startsWith("%") ? fieldOf(part) : literal(unescapeArgument(part)),
  );
  const last = parts.at(-1) ?? "";
  const hasBreak = !last.startsWith("%") && unescapeArgument(last).endsWith("\n");
  if (!hasBreak) fields.push(literal("\n"));
  return (record) => Buffer.concat(fields.map((field) => field(record)));
}

function fieldOf(token: string): RecordFormat {
  const field = FIELDS[token.slice(1)];
  if (field !== undefined) return field;
  const known = Object.keys(FIELDS).map((name) => `%${name}`);
  throw new InvalidArgumentError(`It holds the unknown token '${token}'; there are ${known.join(" ")}.`);
}

function literal(text: string): RecordFormat {
  const bytes = encoder.encode(text);
  return () => bytes;
}

function headersOf({ headers }: ConsumedRecord): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [index, { key, value }] of headers.entries()) {
    parts.push(encoder.encode(`${index > 0 ? "," : ""}${key}=`), value ?? NOTHING);
  }
  return Buffer.concat(parts);
}

/** One line of JSON. What is no valid UTF-8 comes as base64, under a name that says so. */
export function recordAsJson(record: ConsumedRecord): Uint8Array {
  const { topic, partition, offset, timestamp, key, value, headers } = record;
  const line = {
    topic,
    partition,
    offset,
    timestamp,
    ...bytesAsJson("key", key),
    ...bytesAsJson("value", value),
    headers: headers.map((header) => ({ key: header.key, ...bytesAsJson("value", header.value) })),
  };
  return encoder.encode(`${JSON.stringify(line)}\n`);
}

const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A field for JSON: text where the bytes are valid UTF-8, base64 under a name that says so where not. */
export function bytesAsJson(name: string, bytes: Uint8Array | null): Record<string, string | null> {
  if (bytes === null) return { [name]: null };
  try {
    return { [name]: strictDecoder.decode(bytes) };
  } catch {
    return { [`${name}Base64`]: Buffer.from(bytes).toString("base64") };
  }
}
