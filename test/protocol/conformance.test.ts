import { describe, expect, test } from "vitest";
import { ApiKey, apiName } from "../../src/protocol/api-keys.ts";
import { defaultOf } from "../../src/protocol/message-layout.ts";
import { messages } from "../../src/protocol/messages.ts";
import {
  array,
  type Field,
  type Fields,
  INT64_MAX,
  int64,
  type MessageSchema,
  string,
} from "../../src/protocol/schema.ts";
import { requestHeader, responseHeader } from "../../src/protocol/schemas/headers.ts";
import { ZERO_UUID } from "../../src/protocol/text.ts";
import { hasVersion, parseVersions, type VersionRange, type Versions } from "../../src/protocol/versions.ts";
import {
  haveKafkaDefinitions,
  type KafkaField,
  type KafkaMessage,
  kafkaDefinition,
} from "./kafka-definitions.ts";

/**
 * Where we knowingly differ from Kafka's files, with the reason. (That Produce is advertised from version 0 is the
 * concern of `api/`: its messages exist from version 3, here and there.)
 */
const VERSIONS_OF_OUR_OWN: Readonly<Record<string, Versions>> = {
  // v6 belongs to two-phase commit (KIP-939), which no released client speaks.
  InitProducerIdRequest: { from: 0, to: 5 },
  InitProducerIdResponse: { from: 0, to: 5 },
};

describe.skipIf(!haveKafkaDefinitions)("schemas agree with Kafka's message definitions", () => {
  for (const [key, api] of Object.entries(messages)) {
    test(`${apiName(Number(key))} at every version`, () => {
      for (const schema of [api.request, api.response] as MessageSchema[]) {
        const kafka = kafkaDefinition(schema.name);
        expect(kafka.apiKey, schema.name).toBe(Number(key));
        expectAgreement(schema, kafka);
      }
    });
  }

  test("request and response headers", () => {
    expectAgreement(requestHeader, kafkaDefinition("RequestHeader"));
    expectAgreement(responseHeader, kafkaDefinition("ResponseHeader"));
  });

  describe("and the comparison notices", () => {
    const kafka = kafkaDefinition("FetchRequest");
    const { request } = messages[ApiKey.FETCH];

    test.each<[string, (fields: Fields) => Fields]>([
      ["a missing field", ({ minBytes: _, ...fields }) => fields],
      ["a renamed field", ({ rackId, ...fields }) => ({ ...fields, rack: rackId! })],
      ["another order", ({ maxWaitMs, ...fields }) => ({ ...fields, maxWaitMs: maxWaitMs! })],
      ["another type", (fields) => ({ ...fields, minBytes: int64("0+") })],
      ["another first version", changed("sessionId", { versions: parseVersions("8+") })],
      ["another last version", changed("replicaId", { versions: parseVersions("0-15") })],
      ["another nullable range", changed("clusterId", { nullable: parseVersions("13+") })],
      ["another tag", changed("replicaState", { tag: 2 })],
      ["a tag too many", changed("minBytes", { tag: 5 })],
      ["another default", changed("maxBytes", { default: 0x7ffffffe })],
      ["a missing ignorable", changed("rackId", { ignorable: false })],
      ["an old encoding", changed("rackId", { keepsOldEncoding: true })],
      ["a field in a structure", (fields) => ({ ...fields, topics: array("0+", { topic: string("0+") }) })],
    ])("%s", (_, change) => {
      expectAgreement(request, kafka);
      expect(() => expectAgreement({ ...request, fields: change(request.fields) }, kafka)).toThrow();
    });

    test("other versions, and another first flexible version", () => {
      const others = { ...request, versions: parseVersions("4-17") };
      expect(() => expectAgreement(others, kafka)).toThrow();
      const flexible = { ...request, flexible: parseVersions("11+") };
      expect(() => expectAgreement(flexible, kafka)).toThrow();
    });
  });

  test("Metadata is served from version 0", () => {
    expect(messages[ApiKey.METADATA].versions.min).toBe(0);
  });
});

test.skipIf(haveKafkaDefinitions)(
  "skipped: ../shared/kafka-messages is absent, schemas are not compared with Kafka's message definitions",
  () => undefined,
);

function changed(name: string, change: Partial<Field>): (fields: Fields) => Fields {
  return (fields) => ({ ...fields, [name]: { ...fields[name]!, ...change } });
}

function expectAgreement(schema: MessageSchema, kafka: KafkaMessage): void {
  const valid = VERSIONS_OF_OUR_OWN[schema.name] ?? versionsOf(kafka.validVersions);
  expect(schema.versions, `${schema.name}: versions`).toEqual(valid);
  for (let version = valid.from; version <= valid.to; version++) {
    const flexible = hasVersion(versionsOf(kafka.flexibleVersions), version);
    expect(hasVersion(schema.flexible, version), `${schema.name} v${version}: flexible`).toBe(flexible);
    const ours = describeFields(schema.fields, version, flexible);
    const theirs = describeKafkaFields(kafka.fields, kafka, version, flexible);
    expect(ours, `${schema.name} v${version}`).toEqual(theirs);
  }
}

/** What one version has on the wire, in order. */
interface FieldDescription {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly compact: boolean;
  readonly tag: number | null;
  readonly default: unknown;
  readonly ignorable: boolean;
  readonly fields: readonly FieldDescription[];
}

function describeFields(fields: Fields, version: number, flexible: boolean): FieldDescription[] {
  const present = Object.entries(fields).filter(([, field]) => hasVersion(field.versions, version));
  return present.map(([name, field]) => {
    const inner = innerFields(field);
    return {
      name,
      type: typeName(field),
      nullable: hasVersion(field.nullable, version),
      compact: flexible && !field.keepsOldEncoding,
      tag: field.tag,
      default: defaultOf(field),
      ignorable: field.ignorable,
      fields: inner === null ? [] : describeFields(inner, version, flexible),
    };
  });
}

function innerFields(field: Field): Fields | null {
  if (field.type.kind === "struct") return field.type.fields;
  if (field.type.kind === "array" && typeof field.type.element !== "string") return field.type.element;
  return null;
}

function typeName(field: Field): string {
  if (field.type.kind === "primitive") return field.type.primitive;
  if (field.type.kind === "struct") return "struct";
  return typeof field.type.element === "string" ? `[]${field.type.element}` : "[]struct";
}

function describeKafkaFields(
  fields: readonly KafkaField[],
  kafka: KafkaMessage,
  version: number,
  flexible: boolean,
): FieldDescription[] {
  const present = fields.filter((field) => hasVersion(versionsOf(field.versions), version));
  return present.map((field) => {
    const element = field.type.replace("[]", "");
    const inner = field.fields ?? kafka.commonStructs?.find((common) => common.name === element)?.fields;
    const isTagged = hasVersion(versionsOf(field.taggedVersions), version);
    return {
      name: field.name[0]!.toLowerCase() + field.name.slice(1),
      type: inner === undefined ? field.type : field.type.replace(element, "struct"),
      nullable: hasVersion(versionsOf(field.nullableVersions), version),
      compact: flexible && field.flexibleVersions !== "none",
      tag: isTagged ? field.tag! : null,
      default: kafkaDefault(field, inner !== undefined),
      ignorable: field.ignorable ?? false,
      fields: inner === undefined ? [] : describeKafkaFields(inner, kafka, version, flexible),
    };
  });
}

/** Kafka states defaults as text, and leaves those out that its generator knows (`FieldSpec.fieldDefault`). */
function kafkaDefault(field: KafkaField, isStruct: boolean): unknown {
  const stated = field.default === undefined ? undefined : String(field.default);
  if (stated === "null") return null;
  if (isStruct || field.type.startsWith("[]") || field.type === "bytes") return "empty";
  if (field.type === "records") return null;
  if (field.type === "string") return stated ?? "";
  if (field.type === "uuid") return ZERO_UUID;
  if (field.type === "bool") return stated === "true";
  return Math.min(Number(stated ?? 0), INT64_MAX);
}

function versionsOf(range: string | undefined): Versions {
  return range === undefined || range === "none" ? { from: 1, to: 0 } : parseVersions(range as VersionRange);
}
