import {
  array,
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

export const deleteTopicsRequest = message("DeleteTopicsRequest", versions("1-6"), flexible("4+"), {
  topics: array("6+", {
    name: string("6+", { nullable: "6+", default: null }),
    topicId: uuid("6+"),
  }),
  topicNames: array("0-5", "string", { ignorable: true }),
  timeoutMs: int32("0+"),
});

export type DeleteTopicsRequest = MessageOf<typeof deleteTopicsRequest>;
export type DeleteTopicsRequestInput = InputOf<typeof deleteTopicsRequest>;

export const deleteTopicsResponse = message("DeleteTopicsResponse", versions("1-6"), flexible("4+"), {
  throttleTimeMs: int32("1+", { ignorable: true }),
  responses: array("0+", {
    name: string("0+", { nullable: "6+" }),
    topicId: uuid("6+", { ignorable: true }),
    errorCode: int16("0+"),
    errorMessage: string("5+", { nullable: "5+", default: null, ignorable: true }),
  }),
});

export type DeleteTopicsResponse = MessageOf<typeof deleteTopicsResponse>;
export type DeleteTopicsResponseInput = InputOf<typeof deleteTopicsResponse>;
