/**
 * Kafka's messages as typed data: one schema describes all versions of a message, TypeScript's types are inferred
 * from it ({@link MessageOf}, {@link InputOf}) and `message-compiler.ts` makes a reader and a writer for each version.
 *
 *     export const fetchRequest = message("FetchRequest", versions("4-18"), flexible("12+"), {
 *       maxWaitMs: int32("0+"),
 *       topics: array("0+", { topic: string("0-12", { ignorable: true }), … }),
 *     });
 *
 * Source of the content: the JSON message definitions of Apache Kafka.
 */
import type { FileSpan } from "../base/file-span.ts";
import { NO_VERSIONS, parseVersions, type VersionRange, type Versions } from "./versions.ts";

/** What decoding makes of each primitive type. int64 saturates at ±(2^53-1); bytes and records are views. */
export interface PrimitiveValues {
  bool: boolean;
  int8: number;
  int16: number;
  uint16: number;
  int32: number;
  uint32: number;
  int64: number;
  float64: number;
  string: string;
  /** Kafka's text form: base64url of the 16 bytes, 22 characters. */
  uuid: string;
  bytes: Uint8Array;
  records: Uint8Array;
}

/** What encoding takes for each primitive type. */
export interface PrimitiveInputs extends Omit<PrimitiveValues, "records"> {
  records: Uint8Array | FileSpan;
}

export type Primitive = keyof PrimitiveValues;

export type DefaultValue = boolean | number | string | null;

export interface FieldOptions<Default extends DefaultValue = DefaultValue> {
  /** Versions in which the value may be null. */
  readonly nullable?: VersionRange;
  /** Otherwise zero, false, "" or empty. */
  readonly default?: Default | null;
  /** Makes it a tagged field with this number, in all versions that have it. */
  readonly tag?: number;
  /** Encoding may drop a value other than the default in versions that do not have the field. */
  readonly ignorable?: true;
  /** `"none"`: keeps the old encoding also in flexible versions. */
  readonly flexible?: "none";
}

export type FieldType =
  | { readonly kind: "primitive"; readonly primitive: Primitive }
  | { readonly kind: "struct"; readonly fields: Fields }
  | { readonly kind: "array"; readonly element: Primitive | Fields };

/** One field in all its versions. The type parameters exist for inference only. */
export interface Field<
  Value = unknown,
  Input = unknown,
  Range extends VersionRange = VersionRange,
  HasDefault extends boolean = boolean,
> {
  readonly type: FieldType;
  readonly versions: Versions;
  readonly nullable: Versions;
  readonly tag: number | null;
  readonly default: DefaultValue | undefined;
  readonly ignorable: boolean;
  readonly keepsOldEncoding: boolean;
  readonly inferred?: { value: Value; input: Input; range: Range; hasDefault: HasDefault };
}

export type Fields = Readonly<Record<string, Field>>;

export interface MessageSchema<F extends Fields = Fields> {
  readonly name: string;
  readonly versions: Versions;
  readonly flexible: Versions;
  readonly fields: F;
}

/** The object that decoding gives: every field is present, whatever the version. */
export type MessageOf<Schema extends MessageSchema> = Decoded<Schema["fields"]>;

/**
 * The object that encoding takes. A field may be left out, and takes its default, if its schema states a default or
 * `ignorable`, if it is tagged, or if only some versions have it.
 */
export type InputOf<Schema extends MessageSchema> = Encodable<Schema["fields"], "0+">;

export const bool = primitive("bool");
export const int8 = primitive("int8");
export const int16 = primitive("int16");
export const uint16 = primitive("uint16");
export const int32 = primitive("int32");
export const uint32 = primitive("uint32");
export const int64 = primitive("int64");
export const float64 = primitive("float64");
export const string = primitive("string");
export const uuid = primitive("uuid");
export const bytes = primitive("bytes");
export const records = primitive("records");

/** Kafka's Long.MAX_VALUE as decoding gives it. */
export const INT64_MAX = Number.MAX_SAFE_INTEGER;

export function message<const F extends Fields>(
  name: string,
  versions: Versions,
  flexible: Versions,
  fields: F,
): MessageSchema<F> {
  return { name, versions, flexible, fields };
}

export function versions(range: VersionRange): Versions {
  return parseVersions(range);
}

/** The versions with compact lengths and tagged fields (KIP-482). */
export function flexible(range: VersionRange | "none"): Versions {
  return range === "none" ? NO_VERSIONS : parseVersions(range);
}

/** A structure in place. Default: null if `default: null`, else one of all its fields' defaults. */
export function struct<
  const R extends VersionRange,
  const F extends Fields,
  const O extends FieldOptions<never> = NoOptions,
>(
  versions: R,
  fields: F,
  options?: O,
): Field<Decoded<F> | NullIn<O>, Encodable<F, R> | NullIn<O>, R, HasDefault<O>> {
  return field({ kind: "struct", fields }, versions, options);
}

/** An array of primitives (by name) or of structures (by their fields). */
export function array<
  const R extends VersionRange,
  const E extends Primitive | Fields,
  const O extends FieldOptions<never> = NoOptions,
>(
  versions: R,
  element: E,
  options?: O,
): Field<
  readonly ElementValue<E>[] | NullIn<O>,
  readonly ElementInput<E, R>[] | NullIn<O>,
  R,
  HasDefault<O>
> {
  return field({ kind: "array", element }, versions, options);
}

function primitive<const P extends Primitive>(name: P) {
  return <const R extends VersionRange, const O extends FieldOptions<PrimitiveDefault<P>> = NoOptions>(
    versions: R,
    options?: O,
  ): Field<PrimitiveValues[P] | NullIn<O>, PrimitiveInputs[P] | NullIn<O>, R, HasDefault<O>> =>
    field({ kind: "primitive", primitive: name }, versions, options);
}

function field(type: FieldType, versions: VersionRange, options: FieldOptions = {}) {
  return {
    type,
    versions: parseVersions(versions),
    nullable: options.nullable === undefined ? NO_VERSIONS : parseVersions(options.nullable),
    tag: options.tag ?? null,
    default: options.default,
    ignorable: options.ignorable ?? false,
    keepsOldEncoding: options.flexible === "none",
  };
}

type NoOptions = Record<never, never>;
type PrimitiveDefault<P extends Primitive> = Extract<PrimitiveValues[P], DefaultValue>;
type NullIn<O> = O extends { readonly nullable: VersionRange } ? null : never;
type HasDefault<O> = O extends
  | { readonly default: unknown }
  | { readonly ignorable: true }
  | { readonly tag: number }
  ? true
  : false;

type Decoded<F extends Fields> = { readonly [K in keyof F]: Inferred<F[K]>["value"] };
type Encodable<F extends Fields, ParentRange> = Flat<
  {
    readonly [K in keyof F as IsRequired<F[K], ParentRange> extends true ? K : never]: Inferred<
      F[K]
    >["input"];
  } & {
    readonly [K in keyof F as IsRequired<F[K], ParentRange> extends true ? never : K]?: Inferred<
      F[K]
    >["input"];
  }
>;
type IsRequired<T, ParentRange> =
  Inferred<T> extends { range: "0+" | ParentRange; hasDefault: false } ? true : false;
type ElementValue<E> = E extends Primitive ? PrimitiveValues[E] : E extends Fields ? Decoded<E> : never;
type ElementInput<E, R> = E extends Primitive
  ? PrimitiveInputs[E]
  : E extends Fields
    ? Encodable<E, R>
    : never;
type Inferred<T> =
  T extends Field<infer V, infer I, infer R, infer D>
    ? { value: V; input: I; range: R; hasDefault: D }
    : never;
type Flat<T> = { [K in keyof T]: T[K] };
