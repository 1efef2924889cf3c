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
  struct,
  uuid,
  versions,
} from "../schema.ts";

const cursor = {
  topicName: string("0+"),
  partitionIndex: int32("0+"),
};

export const describeTopicPartitionsRequest = message(
  "DescribeTopicPartitionsRequest",
  versions("0"),
  flexible("0+"),
  {
    topics: array("0+", {
      name: string("0+"),
    }),
    responsePartitionLimit: int32("0+", { default: 2000 }),
    cursor: struct("0+", cursor, { nullable: "0+", default: null }),
  },
);

export type DescribeTopicPartitionsRequest = MessageOf<typeof describeTopicPartitionsRequest>;
export type DescribeTopicPartitionsRequestInput = InputOf<typeof describeTopicPartitionsRequest>;

export const describeTopicPartitionsResponse = message(
  "DescribeTopicPartitionsResponse",
  versions("0"),
  flexible("0+"),
  {
    throttleTimeMs: int32("0+", { ignorable: true }),
    topics: array("0+", {
      errorCode: int16("0+"),
      name: string("0+", { nullable: "0+" }),
      topicId: uuid("0+", { ignorable: true }),
      isInternal: bool("0+", { default: false, ignorable: true }),
      partitions: array("0+", {
        errorCode: int16("0+"),
        partitionIndex: int32("0+"),
        leaderId: int32("0+"),
        leaderEpoch: int32("0+", { default: -1, ignorable: true }),
        replicaNodes: array("0+", "int32"),
        isrNodes: array("0+", "int32"),
        eligibleLeaderReplicas: array("0+", "int32", { nullable: "0+", default: null }),
        lastKnownElr: array("0+", "int32", { nullable: "0+", default: null }),
        offlineReplicas: array("0+", "int32", { ignorable: true }),
      }),
      topicAuthorizedOperations: int32("0+", { default: -2_147_483_648 }),
    }),
    nextCursor: struct("0+", cursor, { nullable: "0+", default: null }),
  },
);

export type DescribeTopicPartitionsResponse = MessageOf<typeof describeTopicPartitionsResponse>;
export type DescribeTopicPartitionsResponseInput = InputOf<typeof describeTopicPartitionsResponse>;
