import type { CloseListener, Peer } from "./dispatch.ts";
import type { NetSocket } from "./net-socket.ts";

/** Addresses of one connection, read once. */
export class ConnectionPeer implements Peer {
  readonly connectionId: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  #isClosed = false;
  /** The first who wants to know: nearly always the only one, so it costs no set. */
  #listener: CloseListener | null = null;
  /** All others. */
  #others: Set<CloseListener> | null = null;

  constructor(connectionId: number, socket: NetSocket) {
    this.connectionId = connectionId;
    this.remoteAddress = plainAddress(socket.remoteAddress);
    this.remotePort = socket.remotePort;
    this.localAddress = plainAddress(socket.localAddress);
    this.localPort = socket.localPort;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  whenClosed(listener: CloseListener): void {
    if (this.#isClosed) return;
    if (this.#listener === null) {
      this.#listener = listener;
      return;
    }
    this.#others ??= new Set();
    this.#others.add(listener);
  }

  forgetListener(listener: CloseListener): void {
    if (this.#listener === listener) this.#listener = null;
    else this.#others?.delete(listener);
    if (this.#others?.size === 0) this.#others = null;
  }

  /** Ends the waits; more than once is once. */
  markClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const [first, others] = [this.#listener, this.#others];
    this.#listener = null;
    this.#others = null;
    first?.peerClosed();
    for (const listener of others ?? []) listener.peerClosed();
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
