import type { Peer } from "./dispatch.ts";
import type { NetSocket } from "./net-socket.ts";

/** Addresses of one connection, read once. */
export class ConnectionPeer implements Peer {
  readonly connectionId: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Made on demand: most connections never wait. */
  #abort: AbortController | null = null;
  #isClosed = false;

  constructor(connectionId: number, socket: NetSocket) {
    this.connectionId = connectionId;
    this.remoteAddress = plainAddress(socket.remoteAddress);
    this.remotePort = socket.remotePort;
    this.localAddress = plainAddress(socket.localAddress);
    this.localPort = socket.localPort;
  }

  get closed(): AbortSignal {
    if (this.#abort === null) {
      this.#abort = new AbortController();
      if (this.#isClosed) this.#abort.abort();
    }
    return this.#abort.signal;
  }

  /** Ends the waits; more than once is once. */
  markClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#abort?.abort();
  }

  /** `address:port`, for logs. */
  toString(): string {
    const host = this.remoteAddress.includes(":") ? `[${this.remoteAddress}]` : this.remoteAddress;
    return `${host}:${this.remotePort}`;
  }
}

const MAPPED_IPV4 = "::ffff:";

/** A socket bound to `::` reports IPv4 clients as `::ffff:10.0.0.1`: they are the same client either way. */
export function plainAddress(address: string): string {
  return address.startsWith(MAPPED_IPV4) && address.includes(".")
    ? address.slice(MAPPED_IPV4.length)
    : address;
}
