/**
 * Bit fields of the operations that a client is authorized for: bit n stands for Kafka's ACL operation n. Sent only
 * when asked for. Source: `AclOperation.java`, `AclEntry.supportedOperations`.
 */
const READ = 1 << 3;
const WRITE = 1 << 4;
const CREATE = 1 << 5;
const DELETE = 1 << 6;
const ALTER = 1 << 7;
const DESCRIBE = 1 << 8;
const CLUSTER_ACTION = 1 << 9;
const DESCRIBE_CONFIGS = 1 << 10;
const ALTER_CONFIGS = 1 << 11;
const IDEMPOTENT_WRITE = 1 << 12;

/** What Kafka sends for "not asked for". */
export const OPERATIONS_OMITTED = -2_147_483_648;

/** Without ACLs, every client has every operation that the resource knows. */
export const ALL_TOPIC_OPERATIONS =
  READ | WRITE | CREATE | DELETE | ALTER | DESCRIBE | DESCRIBE_CONFIGS | ALTER_CONFIGS;

export const ALL_CLUSTER_OPERATIONS =
  CREATE | ALTER | DESCRIBE | CLUSTER_ACTION | DESCRIBE_CONFIGS | ALTER_CONFIGS | IDEMPOTENT_WRITE;
