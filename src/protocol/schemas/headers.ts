import { flexible, int16, int32, type MessageOf, message, string, versions } from "../schema.ts";

export const requestHeader = message("RequestHeader", versions("1-2"), flexible("2+"), {
  requestApiKey: int16("0+"),
  requestApiVersion: int16("0+"),
  correlationId: int32("0+"),
  // The old encoding in all versions: a broker must be able to read the header of an ApiVersions request whose
  // version it does not know.
  clientId: string("1+", { nullable: "1+", flexible: "none" }),
});

export const responseHeader = message("ResponseHeader", versions("0-1"), flexible("1+"), {
  correlationId: int32("0+"),
});

export type RequestHeader = MessageOf<typeof requestHeader>;
