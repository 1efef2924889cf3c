import {
  array,
  flexible,
  type InputOf,
  int16,
  int32,
  int64,
  type MessageOf,
  message,
  records,
  string,
  struct,
  uuid,
  versions,
} from "../schema.ts";
import { leaderIdAndEpoch, nodeEndpoint } from "./leader-hints.ts";

export const produceRequest = message("ProduceRequest", versions("3-13"), flexible("9+"), {
  transactionalId: string("3+", { nullable: "3+", default: null }),
  acks: int16("0+"),
  timeoutMs: int32("0+"),
  topicData: array("0+", {
    name: string("0-12", { ignorable: true }),
    topicId: uuid("13+", { ignorable: true }),
    partitionData: array("0+", {
      index: int32("0+"),
      records: records("0+", { nullable: "0+" }),
    }),
  }),
});

export type ProduceRequest = MessageOf<typeof produceRequest>;
export type ProduceRequestInput = InputOf<typeof produceRequest>;

const batchIndexAndErrorMessage = {
  batchIndex: int32("8+"),
  batchIndexErrorMessage: string("8+", { nullable: "8+", default: null }),
};

export const produceResponse = message("ProduceResponse", versions("3-13"), flexible("9+"), {
  responses: array("0+", {
    name: string("0-12", { ignorable: true }),
    topicId: uuid("13+", { ignorable: true }),
    partitionResponses: array("0+", {
      index: int32("0+"),
      errorCode: int16("0+"),
      baseOffset: int64("0+"),
      logAppendTimeMs: int64("2+", { default: -1, ignorable: true }),
      logStartOffset: int64("5+", { default: -1, ignorable: true }),
      recordErrors: array("8+", batchIndexAndErrorMessage, { ignorable: true }),
      errorMessage: string("8+", { nullable: "8+", default: null, ignorable: true }),
      currentLeader: struct("10+", leaderIdAndEpoch, { tag: 0 }),
    }),
  }),
  throttleTimeMs: int32("1+", { default: 0, ignorable: true }),
  nodeEndpoints: array("10+", nodeEndpoint, { tag: 0 }),
});

export type ProduceResponse = MessageOf<typeof produceResponse>;
export type ProduceResponseInput = InputOf<typeof produceResponse>;
