import type { Peer } from "../net/dispatch.ts";

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Where this client is told to find this broker: the advertised address, else the one it has just connected to, which
 * it can evidently reach. Pure.
 */
export function brokerAddress(advertised: BrokerAddress | null, peer: Peer): BrokerAddress {
  if (advertised !== null) return advertised;
  return { host: withoutIpv4Mapping(peer.localAddress), port: peer.localPort };
}

/** A dual-stack listener sees IPv4 clients as `::ffff:192.0.2.1`, which not every client can parse. */
function withoutIpv4Mapping(address: string): string {
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice("::ffff:".length) : address;
}
