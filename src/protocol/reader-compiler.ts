/**
 * Makes the reader of one message at one version as the source of a JavaScript function: straight code without
 * questions about versions, and one object literal for each structure, so that all its objects have one shape. For
 * `[{ name: string("0+"), partitions: array("0+", "int32") }]` in a flexible version:
 *
 *     function read1(r) {
 *       const $name = r.compactString();
 *       const $partitions = [];
 *       for (let left = r.compactArrayCount(4); left > 0; left--) $partitions.push(r.int32());
 *       r.skipTaggedFields();
 *       return { name: $name, partitions: $partitions };
 *     }
 *
 * The source is made of schemas only, never of anything that was received.
 */
import { defaultOf, type ElementLayout, type FieldLayout, type StructLayout } from "./message-layout.ts";
import type { MessageReader } from "./message-reader.ts";
import type { Field, Fields } from "./schema.ts";

export type CompiledReader = (reader: MessageReader) => unknown;

export function compileReader(layout: StructLayout): CompiledReader {
  const functions: string[] = [];
  const root = readerOf(layout, functions);
  const source = `"use strict";\n${functions.join("\n")}\nreturn ${root};`;
  return new Function("EMPTY_BYTES", source)(new Uint8Array(0));
}

/** Adds the structure's function, and before it those of the structures inside; returns its name. */
function readerOf(struct: StructLayout, functions: string[]): string {
  const untagged = struct.fields.filter((field) => field.tag === null && field.type !== null);
  const tagged = struct.fields.filter((field) => field.tag !== null && field.type !== null);
  const lines = [
    ...untagged.flatMap((field) => readField(field, "const ", functions)),
    ...readTaggedFields(struct, tagged, functions),
  ];
  const members = struct.fields.map((field) =>
    field.type === null ? `${field.name}: ${defaultSource(field.schema)}` : `${field.name}: $${field.name}`,
  );
  const name = `read${functions.length}`;
  functions.push(`function ${name}(r) {\n${lines.join("\n")}\nreturn { ${members.join(", ")} };\n}`);
  return name;
}

/** Statements that leave the field's value in `$name`. `declare` is `"const "`, or `""` where it is declared. */
function readField(field: FieldLayout, declare: "const " | "", functions: string[]): string[] {
  const type = field.type!;
  const target = `$${field.name}`;
  if (type.kind !== "array") return [`${declare}${target} = ${readValue(type, field, functions)};`];

  const element = readValue(type.element, { nullable: false, compact: field.compact }, functions);
  const count = `r.${method("arrayCount", field)}(${type.elementBytesMin})`;
  const fill = (left: string) => `for (let left = ${left}; left > 0; left--) ${target}.push(${element});`;
  if (!field.nullable) return [`${declare}${target} = [];`, fill(count)];
  return [
    `const count_${field.name} = ${count};`,
    `${declare}${target} = count_${field.name} < 0 ? null : [];`,
    fill(`count_${field.name}`),
  ];
}

function readValue(
  type: ElementLayout,
  as: { nullable: boolean; compact: boolean },
  functions: string[],
): string {
  if (type.kind === "struct") {
    const read = `${readerOf(type.struct, functions)}(r)`;
    return as.nullable ? `r.isPresent() ? ${read} : null` : read;
  }
  const { primitive } = type;
  if (primitive === "string") return `r.${method("string", as)}()`;
  if (primitive === "bytes" || primitive === "records") return `r.${method("byteRange", as)}()`;
  return `r.${primitive}()`;
}

function readTaggedFields(struct: StructLayout, tagged: FieldLayout[], functions: string[]): string[] {
  if (!struct.flexible) return [];
  if (tagged.length === 0) return ["r.skipTaggedFields();"];
  const cases = tagged.flatMap((field) => [
    `case ${field.tag}: {`,
    ...readField(field, "", functions),
    "r.endTaggedField(end);",
    "break;",
    "}",
  ]);
  return [
    ...tagged.map((field) => `let $${field.name} = ${defaultSource(field.schema)};`),
    "for (let left = r.taggedFieldCount(); left > 0; left--) {",
    "const tag = r.unsignedVarint();",
    "const end = r.beginTaggedField();",
    "switch (tag) {",
    ...cases,
    "default: r.skipTo(end);",
    "}",
    "}",
  ];
}

/** `string` → `compactNullableString`, as the methods of reader and writer are called. */
export function method(name: string, as: { nullable: boolean; compact: boolean }): string {
  const words = [as.compact ? "compact" : "", as.nullable ? "nullable" : "", name].filter(
    (word) => word !== "",
  );
  return words.map((word, at) => (at === 0 ? word : word[0]!.toUpperCase() + word.slice(1))).join("");
}

/** An expression for the field's default value; arrays and structures are made anew each time. */
export function defaultSource(field: Field): string {
  const value = defaultOf(field);
  if (value !== "empty" || field.type.kind === "primitive") {
    return value === "empty" ? "EMPTY_BYTES" : JSON.stringify(value);
  }
  return field.type.kind === "array" ? "[]" : structDefaultSource(field.type.fields);
}

function structDefaultSource(fields: Fields): string {
  const members = Object.entries(fields).map(([name, field]) => `${name}: ${defaultSource(field)}`);
  return `{ ${members.join(", ")} }`;
}
