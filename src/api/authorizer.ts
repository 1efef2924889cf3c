import type { Peer } from "../net/dispatch.ts";

export type Operation =
  | "read"
  | "write"
  | "create"
  | "delete"
  | "describe"
  | "describe-configs"
  | "idempotent-write";

export type ResourceType = "topic" | "cluster";

/** The name of the one cluster resource, as Kafka's ACLs write it. */
export const CLUSTER_NAME = "kafka-cluster";

/** Whether the client behind `peer` may do `operation` on the named resource. Synchronous: it is on every hot path. */
export type Authorizer = (
  peer: Peer,
  operation: Operation,
  resourceType: ResourceType,
  resourceName: string,
) => boolean;

/** No authentication, no ACLs: whoever reaches the listener may do everything. */
export const allowEverything: Authorizer = () => true;
