import type { KeyValue } from "./arguments.ts";
import type { OutputFormat } from "./output-formats.ts";

export const ACKS = ["all", "1", "0"] as const;
export type Acks = (typeof ACKS)[number];

export const CODECS = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
export type Codec = (typeof CODECS)[number];

/** The flags of `odradek produce`, without those of every client command. */
export interface ProduceFlags {
  readonly keyDelimiter?: string;
  readonly key?: string;
  readonly header?: readonly KeyValue[];
  readonly acks: Acks;
  readonly compression: Codec;
  readonly partition?: number;
  readonly format: OutputFormat;
}
