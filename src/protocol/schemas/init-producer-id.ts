import {
  flexible,
  type InputOf,
  int16,
  int32,
  int64,
  type MessageOf,
  message,
  string,
  versions,
} from "../schema.ts";

export const initProducerIdRequest = message("InitProducerIdRequest", versions("0-5"), flexible("2+"), {
  transactionalId: string("0+", { nullable: "0+" }),
  transactionTimeoutMs: int32("0+"),
  producerId: int64("3+", { default: -1 }),
  producerEpoch: int16("3+", { default: -1 }),
});

export type InitProducerIdRequest = MessageOf<typeof initProducerIdRequest>;
export type InitProducerIdRequestInput = InputOf<typeof initProducerIdRequest>;

export const initProducerIdResponse = message("InitProducerIdResponse", versions("0-5"), flexible("2+"), {
  throttleTimeMs: int32("0+", { ignorable: true }),
  errorCode: int16("0+"),
  producerId: int64("0+", { default: -1 }),
  producerEpoch: int16("0+"),
});

export type InitProducerIdResponse = MessageOf<typeof initProducerIdResponse>;
export type InitProducerIdResponseInput = InputOf<typeof initProducerIdResponse>;
