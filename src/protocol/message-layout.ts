import type { DefaultValue, Field, Fields, MessageSchema, Primitive } from "./schema.ts";
import { ZERO_UUID } from "./text.ts";
import { hasVersion } from "./versions.ts";

/** A schema resolved for one version: every question about versions is answered, the compilers only write code. */
export interface StructLayout {
  /** All fields of the schema in its order, also those that this version does not have. */
  readonly fields: readonly FieldLayout[];
  readonly flexible: boolean;
}

export interface FieldLayout {
  readonly name: string;
  readonly schema: Field;
  /** `null`: this version does not have the field. */
  readonly type: TypeLayout | null;
  readonly tag: number | null;
  readonly nullable: boolean;
  readonly compact: boolean;
}

export type TypeLayout = ElementLayout | ArrayLayout;

export type ElementLayout =
  | { readonly kind: "primitive"; readonly primitive: Primitive }
  | { readonly kind: "struct"; readonly struct: StructLayout };

export interface ArrayLayout {
  readonly kind: "array";
  readonly element: ElementLayout;
  readonly elementBytesMin: number;
}

export function layoutOf(schema: MessageSchema, version: number): StructLayout {
  return structLayout(schema.fields, version, hasVersion(schema.flexible, version));
}

function structLayout(fields: Fields, version: number, flexible: boolean): StructLayout {
  const layouts = Object.entries(fields).map(([name, field]) => fieldLayout(name, field, version, flexible));
  return { fields: layouts, flexible };
}

function fieldLayout(name: string, field: Field, version: number, flexible: boolean): FieldLayout {
  const compact = flexible && !field.keepsOldEncoding;
  return {
    name,
    schema: field,
    type: hasVersion(field.versions, version) ? typeLayout(field.type, version, flexible, compact) : null,
    tag: field.tag,
    nullable: hasVersion(field.nullable, version),
    compact,
  };
}

function typeLayout(type: Field["type"], version: number, flexible: boolean, compact: boolean): TypeLayout {
  if (type.kind === "primitive") return type;
  if (type.kind === "struct") return { kind: "struct", struct: structLayout(type.fields, version, flexible) };
  const element: ElementLayout =
    typeof type.element === "string"
      ? { kind: "primitive", primitive: type.element }
      : { kind: "struct", struct: structLayout(type.element, version, flexible) };
  return { kind: "array", element, elementBytesMin: Math.max(1, bytesMin(element, false, compact)) };
}

/** The fewest bytes that a value can take: what bounds the count of an array by the bytes that are left. */
function bytesMin(type: TypeLayout, nullable: boolean, compact: boolean): number {
  if (type.kind === "primitive") return primitiveBytesMin(type.primitive, compact);
  if (type.kind === "array") return compact ? 1 : 4;
  if (nullable) return 1;
  let sum = type.struct.flexible ? 1 : 0;
  for (const field of type.struct.fields) {
    if (field.type !== null && field.tag === null) sum += bytesMin(field.type, field.nullable, field.compact);
  }
  return sum;
}

function primitiveBytesMin(primitive: Primitive, compact: boolean): number {
  switch (primitive) {
    case "bool":
    case "int8":
      return 1;
    case "int16":
    case "uint16":
      return 2;
    case "int32":
    case "uint32":
      return 4;
    case "int64":
    case "float64":
      return 8;
    case "uuid":
      return 16;
    case "string":
      return compact ? 1 : 2;
    case "bytes":
    case "records":
      return compact ? 1 : 4;
  }
}

/**
 * What a field is worth where nothing is stated: Kafka's rules. `"empty"` stands for no bytes, no elements or, for a
 * structure, the defaults of its fields.
 */
export function defaultOf(field: Field): DefaultValue | "empty" {
  if (field.default !== undefined) return field.default;
  if (field.type.kind !== "primitive") return "empty";
  return implicitDefault(field.type.primitive);
}

function implicitDefault(primitive: Primitive): DefaultValue | "empty" {
  switch (primitive) {
    case "bool":
      return false;
    case "string":
      return "";
    case "uuid":
      return ZERO_UUID;
    case "bytes":
      return "empty";
    case "records":
      return null;
    default:
      return 0;
  }
}
