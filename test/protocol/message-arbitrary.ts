import fc from "fast-check";
import { messages } from "../../src/protocol/messages.ts";
import type { Field, Fields, MessageSchema, Primitive } from "../../src/protocol/schema.ts";
import { requestHeader, responseHeader } from "../../src/protocol/schemas/headers.ts";
import { ZERO_UUID } from "../../src/protocol/text.ts";
import { hasVersion } from "../../src/protocol/versions.ts";

/** Every schema with each of its versions. */
export function schemasAndVersions(): { schema: MessageSchema; version: number }[] {
  const apis = Object.values(messages) as { request: MessageSchema; response: MessageSchema }[];
  const schemas = [...apis.flatMap((api) => [api.request, api.response]), requestHeader, responseHeader];
  return schemas.flatMap((schema) => {
    const count = schema.versions.to - schema.versions.from + 1;
    return Array.from({ length: count }, (_, index) => ({ schema, version: schema.versions.from + index }));
  });
}

/** Values as decoding gives them: every field is there, those outside the version with their defaults. */
export function messageArbitrary(
  schema: MessageSchema,
  version: number,
): fc.Arbitrary<Record<string, unknown>> {
  return structArbitrary(schema.fields, version);
}

/** An independent statement of the default of a field; `codec.ts` must agree. */
export function expectedDefault(field: Field): unknown {
  if (field.default !== undefined) return field.default;
  if (field.type.kind === "array") return [];
  if (field.type.kind === "struct") {
    return Object.fromEntries(
      Object.entries(field.type.fields).map(([name, inner]) => [name, expectedDefault(inner)]),
    );
  }
  return PRIMITIVE_DEFAULTS[field.type.primitive];
}

const PRIMITIVE_DEFAULTS: Record<Primitive, unknown> = {
  bool: false,
  int8: 0,
  int16: 0,
  uint16: 0,
  int32: 0,
  uint32: 0,
  int64: 0,
  float64: 0,
  string: "",
  uuid: ZERO_UUID,
  bytes: new Uint8Array(0),
  records: null,
};

function structArbitrary(fields: Fields, version: number): fc.Arbitrary<Record<string, unknown>> {
  const members = Object.entries(fields).map(([name, field]) => [name, fieldArbitrary(field, version)]);
  return fc.record(Object.fromEntries(members));
}

function fieldArbitrary(field: Field, version: number): fc.Arbitrary<unknown> {
  if (!hasVersion(field.versions, version)) return fc.constant(expectedDefault(field));
  const value = typeArbitrary(field.type, version);
  const values = hasVersion(field.nullable, version) ? fc.option(value) : value;
  return fc.oneof(
    { weight: 4, arbitrary: values },
    { weight: 1, arbitrary: defaultWherePossible(field, version) },
  );
}

/** A default of null does not go with versions in which the field cannot be null. */
function defaultWherePossible(field: Field, version: number): fc.Arbitrary<unknown> {
  const value = expectedDefault(field);
  if (value === null && !hasVersion(field.nullable, version)) return typeArbitrary(field.type, version);
  return fc.constant(value);
}

function typeArbitrary(type: Field["type"], version: number): fc.Arbitrary<unknown> {
  if (type.kind === "primitive") return primitiveArbitrary(type.primitive);
  if (type.kind === "struct") return structArbitrary(type.fields, version);
  const { element } = type;
  const values =
    typeof element === "string" ? primitiveArbitrary(element) : structArbitrary(element, version);
  return fc.array(values, { maxLength: 3 });
}

function primitiveArbitrary(primitive: Primitive): fc.Arbitrary<unknown> {
  switch (primitive) {
    case "bool":
      return fc.boolean();
    case "int8":
      return fc.integer({ min: -0x80, max: 0x7f });
    case "int16":
      return fc.integer({ min: -0x8000, max: 0x7fff });
    case "uint16":
      return fc.integer({ min: 0, max: 0xffff });
    case "int32":
      return fc.integer();
    case "uint32":
      return fc.integer({ min: 0, max: 0xffff_ffff });
    case "int64":
      return fc.maxSafeInteger();
    case "float64":
      return fc.double({ noNaN: true });
    case "string":
      return fc.string({ unit: "grapheme", maxLength: 200 });
    case "uuid":
      return fc
        .uint8Array({ minLength: 16, maxLength: 16 })
        .map((bytes) => Buffer.from(bytes).toString("base64url"));
    case "bytes":
    case "records":
      return fc.uint8Array({ maxLength: 300 });
  }
}
