/** Kafka's limit: file names are 255 bytes and a partition's directory adds a number and, when deleted, an id. */
export const TOPIC_NAME_LENGTH_MAX = 249;

/** Why a topic may not have this name, or `null`. Kafka's rules. */
export function topicNameProblem(name: string): string | null {
  if (name.length === 0) return "a topic's name must not be empty";
  if (name === "." || name === "..") return `a topic's name must not be "${name}"`;
  if (name.length > TOPIC_NAME_LENGTH_MAX) {
    return `a topic's name must not be longer than ${TOPIC_NAME_LENGTH_MAX} characters`;
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return "a topic's name may only contain letters, digits, '.', '_' and '-'";
  }
  return null;
}

/** Names that differ only in '.' and '_' share a metric name in Kafka's tools: two such topics may not coexist. */
export function collisionKey(name: string): string {
  return name.replaceAll(".", "_");
}
