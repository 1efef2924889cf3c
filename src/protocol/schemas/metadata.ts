import {
  array,
  bool,
  flexible,
  type InputOf,
  int16,
  int32,
  type MessageOf,
  message,
  string,
  uuid,
  versions,
} from "../schema.ts";

const metadataRequestTopic = {
  topicId: uuid("10+", { ignorable: true }),
  name: string("0+", { nullable: "10+" }),
};

export const metadataRequest = message("MetadataRequest", versions("0-13"), flexible("9+"), {
  topics: array("0+", metadataRequestTopic, { nullable: "1+" }),
  allowAutoTopicCreation: bool("4+", { default: true }),
  includeClusterAuthorizedOperations: bool("8-10"),
  includeTopicAuthorizedOperations: bool("8+"),
});

export type MetadataRequest = MessageOf<typeof metadataRequest>;
export type MetadataRequestInput = InputOf<typeof metadataRequest>;

export const metadataResponse = message("MetadataResponse", versions("0-13"), flexible("9+"), {
  throttleTimeMs: int32("3+", { ignorable: true }),
  brokers: array("0+", {
    nodeId: int32("0+"),
    host: string("0+"),
    port: int32("0+"),
    rack: string("1+", { nullable: "1+", default: null, ignorable: true }),
  }),
  clusterId: string("2+", { nullable: "2+", default: null, ignorable: true }),
  controllerId: int32("1+", { default: -1, ignorable: true }),
  topics: array("0+", {
    errorCode: int16("0+"),
    name: string("0+", { nullable: "12+" }),
    topicId: uuid("10+", { ignorable: true }),
    isInternal: bool("1+", { default: false, ignorable: true }),
    partitions: array("0+", {
      errorCode: int16("0+"),
      partitionIndex: int32("0+"),
      leaderId: int32("0+"),
      leaderEpoch: int32("7+", { default: -1, ignorable: true }),
      replicaNodes: array("0+", "int32"),
      isrNodes: array("0+", "int32"),
      offlineReplicas: array("5+", "int32", { ignorable: true }),
    }),
    topicAuthorizedOperations: int32("8+", { default: -2_147_483_648 }),
  }),
  clusterAuthorizedOperations: int32("8-10", { default: -2_147_483_648 }),
  errorCode: int16("13+", { ignorable: true }),
});

export type MetadataResponse = MessageOf<typeof metadataResponse>;
export type MetadataResponseInput = InputOf<typeof metadataResponse>;
