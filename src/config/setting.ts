import type * as z from "zod";

/** Kafka's configuration types, with the codes of DescribeConfigs. */
export const SettingType = {
  BOOLEAN: 1,
  STRING: 2,
  INT: 3,
  LONG: 5,
  LIST: 7,
} as const;
export type SettingType = (typeof SettingType)[keyof typeof SettingType];

/** What a number counts, for help and `config show`. */
export type Unit = "bytes" | "ms" | "per second" | "count" | null;

/** Another name that sets the same value: Kafka's `log.retention.hours` for `log.retention.ms`. */
export interface SettingAlias {
  readonly name: string;
  /** Turns the alias's text (already validated as a whole number when `factor` is not 1) into the setting's unit. */
  readonly factor: number;
}

/**
 * One setting of the broker: Kafka's name, how its text is read, and what it is for. `default` is text, read by the same
 * schema as everything else; `null` where the setting has no value until it is set.
 */
export interface Setting<T> {
  readonly name: string;
  readonly type: SettingType;
  readonly unit: Unit;
  readonly default: string | null;
  /** From trimmed text to the value. Its messages complete the sentence "<name>=<text> …". */
  readonly schema: z.ZodType<T, string>;
  readonly help: string;
  /** In order of precedence, after the setting's own name. */
  readonly aliases: readonly SettingAlias[];
}

/** A setting of a topic; its default is the broker's setting `broker`. */
export interface TopicSetting<T> {
  readonly name: string;
  readonly broker: Setting<T>;
}

/** A setting that has one value here; any other is refused with the reason and the remedy. */
export interface FixedSetting {
  readonly topicName: string;
  readonly brokerName: string;
  readonly type: SettingType;
  readonly onlyValue: string;
  readonly help: string;
  /** Completes "<name>=<text> is refused: …". */
  readonly refusal: string;
}
