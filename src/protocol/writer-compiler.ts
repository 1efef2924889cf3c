/**
 * Makes the writer of one message at one version as the source of a JavaScript function, like `reader-compiler.ts`:
 *
 *     function write1(w, v) {
 *       w.compactString(v.name);
 *       w.compactArrayCount(v.partitions.length);
 *       for (const element of v.partitions) w.int32(element);
 *       w.unsignedVarint(0);
 *     }
 *
 * Fields that the value leaves out take their defaults. A field that this version does not have must hold its default
 * or be ignorable. Tagged fields are written when they differ from their defaults, in the order of their tags.
 */
import { defaultOf, type FieldLayout, type StructLayout, type TypeLayout } from "./message-layout.ts";
import type { MessageWriter } from "./message-writer.ts";
import { defaultSource, method } from "./reader-compiler.ts";
import type { Field, Fields } from "./schema.ts";

export type CompiledWriter = (writer: MessageWriter, value: unknown) => void;

export function compileWriter(layout: StructLayout): CompiledWriter {
  const functions: string[] = [];
  const root = writerOf(layout, functions);
  const source = `"use strict";\n${functions.join("\n")}\nreturn ${root};`;
  return new Function("EMPTY_BYTES", source)(new Uint8Array(0));
}

function writerOf(struct: StructLayout, functions: string[]): string {
  const absent = struct.fields.filter((field) => field.type === null && !field.schema.ignorable);
  const untagged = struct.fields.filter((field) => field.type !== null && field.tag === null);
  const tagged = struct.fields
    .filter((field) => field.type !== null && field.tag !== null)
    .sort((one, other) => one.tag! - other.tag!);
  const lines = [
    ...absent.map(
      (field) =>
        `if (!(${isDefaultSource(field.schema, `v.${field.name}`)})) w.refuseField("${field.name}");`,
    ),
    ...untagged.flatMap((field) => writeField(field, functions)),
    ...(struct.flexible ? writeTaggedFields(tagged, functions) : []),
  ];
  const name = `write${functions.length}`;
  functions.push(`function ${name}(w, v) {\n${lines.join("\n")}\n}`);
  return name;
}

function writeField(field: FieldLayout, functions: string[]): string[] {
  const value = `$${field.name}`;
  return [
    `let ${value} = v.${field.name};`,
    `if (${value} === undefined) ${value} = ${defaultSource(field.schema)};`,
    ...writeValue(field.type!, value, field, functions),
  ];
}

function writeValue(
  type: TypeLayout,
  value: string,
  as: { nullable: boolean; compact: boolean },
  functions: string[],
): string[] {
  if (type.kind === "primitive") {
    const { primitive } = type;
    if (primitive === "string") return [`w.${method("string", as)}(${value});`];
    if (primitive === "bytes" || primitive === "records") return [`w.${method("byteRange", as)}(${value});`];
    return [`w.${primitive}(${value});`];
  }
  if (type.kind === "struct") {
    const write = `${writerOf(type.struct, functions)}(w, ${value});`;
    if (!as.nullable) return [write];
    return [`w.isPresent(${value} !== null);`, `if (${value} !== null) ${write}`];
  }
  const count = as.compact ? "compactArrayCount" : "arrayCount";
  const all = [
    `w.${count}(${value}.length);`,
    `for (let at = 0; at < ${value}.length; at++) {`,
    `const element = ${value}[at];`,
    ...writeValue(type.element, "element", { nullable: false, compact: as.compact }, functions),
    "}",
  ];
  return as.nullable ? [`if (${value} === null) w.${count}(-1);`, "else {", ...all, "}"] : all;
}

function writeTaggedFields(tagged: FieldLayout[], functions: string[]): string[] {
  const isSet = (field: FieldLayout) => `set_${field.name}`;
  const count = tagged.length === 0 ? "0" : tagged.map((field) => `(${isSet(field)} ? 1 : 0)`).join(" + ");
  return [
    ...tagged.map(
      (field) => `const ${isSet(field)} = !(${isDefaultSource(field.schema, `v.${field.name}`)});`,
    ),
    `w.unsignedVarint(${count});`,
    ...tagged.flatMap((field) => [
      `if (${isSet(field)}) {`,
      `const content = w.beginTaggedField(${field.tag});`,
      ...writeField(field, functions),
      "w.endTaggedField(content);",
      "}",
    ]),
  ];
}

/** An expression that tells whether `value` (a path) is left out or is the field's default. */
function isDefaultSource(field: Field, value: string): string {
  return `${value} === undefined || ${isDefaultValueSource(field, value)}`;
}

function isDefaultValueSource(field: Field, value: string): string {
  const fallback = defaultOf(field);
  if (fallback !== "empty") return `${value} === ${JSON.stringify(fallback)}`;
  if (field.type.kind === "struct")
    return `(${value} !== null && ${isDefaultStructSource(field.type.fields, value)})`;
  return `(${value} !== null && ${value}.length === 0)`;
}

function isDefaultStructSource(fields: Fields, value: string): string {
  const each = Object.entries(fields).map(
    ([name, field]) => `(${isDefaultSource(field, `${value}.${name}`)})`,
  );
  return each.join(" && ");
}
