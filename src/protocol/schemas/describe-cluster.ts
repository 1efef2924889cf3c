import {
  array,
  bool,
  flexible,
  type InputOf,
  int8,
  int16,
  int32,
  type MessageOf,
  message,
  string,
  versions,
} from "../schema.ts";

export const describeClusterRequest = message("DescribeClusterRequest", versions("0-2"), flexible("0+"), {
  includeClusterAuthorizedOperations: bool("0+"),
  endpointType: int8("1+", { default: 1 }),
  includeFencedBrokers: bool("2+"),
});

export type DescribeClusterRequest = MessageOf<typeof describeClusterRequest>;
export type DescribeClusterRequestInput = InputOf<typeof describeClusterRequest>;

export const describeClusterResponse = message("DescribeClusterResponse", versions("0-2"), flexible("0+"), {
  throttleTimeMs: int32("0+"),
  errorCode: int16("0+"),
  errorMessage: string("0+", { nullable: "0+", default: null }),
  endpointType: int8("1+", { default: 1 }),
  clusterId: string("0+"),
  controllerId: int32("0+", { default: -1 }),
  brokers: array("0+", {
    brokerId: int32("0+"),
    host: string("0+"),
    port: int32("0+"),
    rack: string("0+", { nullable: "0+", default: null }),
    isFenced: bool("2+"),
  }),
  clusterAuthorizedOperations: int32("0+", { default: -2_147_483_648 }),
});

export type DescribeClusterResponse = MessageOf<typeof describeClusterResponse>;
export type DescribeClusterResponseInput = InputOf<typeof describeClusterResponse>;
