/** A topic as the metadata store keeps it. Immutable; a change makes a new one. */
export interface TopicRecord {
  readonly name: string;
  /** Kafka's base64url form of a UUID: 22 characters. */
  readonly topicId: string;
  readonly partitionCount: number;
  /** The topic's own settings by Kafka's name, without the broker's defaults. */
  readonly config: Readonly<Record<string, string>>;
  readonly createdMs: number;
}
