import { int32, string } from "../schema.ts";

/** Structures by which a response names the current leader, so that a client need not ask again (KIP-951). */
export const leaderIdAndEpoch = {
  leaderId: int32("0+", { default: -1 }),
  leaderEpoch: int32("0+", { default: -1 }),
};

export const nodeEndpoint = {
  nodeId: int32("0+"),
  host: string("0+"),
  port: int32("0+"),
  rack: string("0+", { nullable: "0+", default: null }),
};
