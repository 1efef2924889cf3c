import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Kafka's own message definitions: reference data that lies beside the repository, not in it. */
const folder = fileURLToPath(new URL("../../../shared/kafka-messages/wire/", import.meta.url));

export const haveKafkaDefinitions = existsSync(folder);

export interface KafkaField {
  readonly name: string;
  readonly type: string;
  readonly versions: string;
  readonly nullableVersions?: string;
  readonly taggedVersions?: string;
  readonly flexibleVersions?: string;
  readonly tag?: number;
  readonly default?: string | number | boolean;
  readonly ignorable?: boolean;
  readonly fields?: readonly KafkaField[];
}

export interface KafkaMessage {
  readonly name: string;
  readonly apiKey?: number;
  readonly validVersions: string;
  readonly flexibleVersions: string;
  readonly fields: readonly KafkaField[];
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly KafkaField[] }[];
}

/** `name`: "FetchRequest". The files are JSON with lines of `//` comments. */
export function kafkaDefinition(name: string): KafkaMessage {
  const text = readFileSync(`${folder}${name}.json`, "utf8");
  return JSON.parse(text.replace(/^\s*\/\/.*$/gm, ""));
}
